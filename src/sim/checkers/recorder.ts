/**
 * Writes a history while it happens. An outcome is unknown until the recorder is told otherwise, so that a history
 * may be read at any time, also when a run broke off.
 */

import { ClientError } from '../../client/errors.ts'
import { assert } from '../../core/assert.ts'
import { EtcdErrors } from '../../services/etcd/errors.ts'
import type { StoreOperation, StoreOutcome, StoreRefusal, StoreRequest, StoreResponse } from './history.ts'

export class StoreRecorder {
  readonly #operations: StoreOperation[] = []
  readonly #moment: () => number

  /**
   * @param moment numbers calls and returns in the order in which they happen: best a counter, which is finer than
   *   any clock. Recorders of other things that a checker relates to this history share it.
   */
  constructor(moment: () => number) {
    this.#moment = moment
  }

  get operations(): readonly StoreOperation[] {
    return this.#operations
  }

  /** Returns the operation's id. */
  call(client: number, request: StoreRequest): number {
    const id = this.#operations.length
    this.#operations.push({ id, client, calledAt: this.#moment(), request, outcome: { kind: 'unknown' } })
    return id
  }

  done(id: number, response: StoreResponse): void {
    assert(this.#operations[id]?.request.kind === response.kind, 'an answer is of the kind of its request')
    this.#return(id, { kind: 'done', response })
  }

  /** What the client threw. */
  failed(id: number, error: unknown): void {
    this.#return(id, outcomeOfError(error))
  }

  #return(id: number, outcome: StoreOutcome): void {
    const called = this.#operations[id]
    assert(
      called !== undefined && called.returnedAt === undefined,
      'an operation returns once, after its call',
    )
    this.#operations[id] = { ...called, returnedAt: this.#moment(), outcome }
  }
}

/** Everything but a refusal by our own client is unknown. */
export function outcomeOfError(error: unknown): StoreOutcome {
  if (!(error instanceof ClientError) || error.outcome !== 'refused') return { kind: 'unknown' }
  return { kind: 'refused', reason: REASONS.get(error.message) ?? 'notServed' }
}

/** By etcd's words, which are what its clients know a refusal by. */
const REASONS: ReadonlyMap<string, StoreRefusal> = new Map([
  [EtcdErrors.compacted.message, 'compacted'],
  [EtcdErrors.futureRevision.message, 'futureRevision'],
  [EtcdErrors.keyNotFound.message, 'keyNotFound'],
  [EtcdErrors.leaseNotFound.message, 'leaseNotFound'],
  [EtcdErrors.permissionDenied.message, 'permissionDenied'],
])
