/**
 * Histories that are right by construction: clients that overlap, lose replies, retry and are refused, on a store that
 * is atomic. The store is the plain model that stands for etcd in other tests, which shares nothing with the checker.
 */
import { KvHistory } from '../../../test/harness/kv-histories.ts'
import { KvModel } from '../../../test/harness/kv-model.ts'
import { grant } from '../../../test/harness/kv-operations.ts'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import type {
  KvCommand,
  KvRefusal,
  RangeOperation,
  ResponseOperation,
  TxnOperation,
} from '../../machines/kv/types.ts'
import { checkDeleteRange, checkPut, checkRange, checkTxn } from '../../machines/kv/validate.ts'
import { routeOf } from '../../services/etcd/txn-routing.ts'
import type {
  RequestOp,
  ResponseHeader,
  ResponseOp,
  StoreOperation,
  StoreOutcome,
  StoreRefusal,
  StoreRequest,
  StoreResponse,
  TxnRequest,
} from './history.ts'

export interface IdealOptions {
  readonly clients: number
  readonly operations: number
  /** Of a hundred: replies that never come. */
  readonly lossPercent: number
  /** Every put its own value, or few that all share. */
  readonly uniqueValues: boolean
  readonly compactions: boolean
  /** Only keys that are easy to read, and no transactions: for large histories. */
  readonly plain?: boolean
}

const LEASES = [7n, 8n]
const IDENTITY = { clusterId: 1n, memberId: 2n, raftTerm: 3 }

interface Pending {
  readonly id: number
  readonly client: number
  readonly calledAt: number
  readonly request: StoreRequest
  outcome: StoreOutcome | undefined
}

/** The same seed gives the same history. */
export function idealHistory(seed: number, options: IdealOptions): StoreOperation[] {
  return new IdealClients(randomFromSeed(seed), options).run()
}

class IdealClients {
  readonly #random: Random
  readonly #options: IdealOptions
  readonly #requests: KvHistory
  readonly #model = modelWithLeases()
  readonly #operations: StoreOperation[] = []
  /** By client. */
  readonly #pending: (Pending | undefined)[]
  readonly #again: (StoreRequest | undefined)[]
  /** Requests on their way that nobody waits for any more. */
  readonly #strays: StoreRequest[] = []
  #moment = 0
  #values = 0

  constructor(random: Random, options: IdealOptions) {
    this.#random = random
    this.#options = options
    this.#requests = new KvHistory(random.fork())
    this.#pending = Array.from({ length: options.clients }, () => undefined)
    this.#again = [...this.#pending] as undefined[]
  }

  run(): StoreOperation[] {
    let called = 0
    while (called < this.#options.operations || this.#pending.some(each => each !== undefined)) {
      this.#moment++
      if (this.#strays.length > 0 && this.#random.chance(1, 12)) this.#arrive()
      const client = this.#random.below(this.#options.clients)
      const pending = this.#pending[client]
      if (pending !== undefined) this.#proceed(client, pending)
      else if (called < this.#options.operations) {
        const request = this.#again[client] ?? this.#request()
        this.#again[client] = undefined
        this.#pending[client] = { id: called++, client, calledAt: this.#moment, request, outcome: undefined }
      }
    }
    return this.#operations.sort((a, b) => a.id - b.id)
  }

  /** A request that its client has given up takes effect all the same, or is lost for good. */
  #arrive(): void {
    const at = this.#random.below(this.#strays.length)
    const [request] = this.#strays.splice(at, 1)
    if (this.#random.chance(1, 2)) this.#execute(request!)
  }

  #proceed(client: number, pending: Pending): void {
    if (pending.outcome === undefined) {
      if (this.#random.chance(1, 3)) return
      if (this.#random.below(100) < this.#options.lossPercent) {
        this.#strays.push(pending.request)
        return this.#return(client, pending, { kind: 'unknown' })
      }
      pending.outcome = this.#random.chance(1, 40)
        ? { kind: 'refused', reason: 'notServed' }
        : this.#execute(pending.request)
      return
    }
    const isLost = this.#random.below(100) < this.#options.lossPercent
    this.#return(client, pending, isLost ? { kind: 'unknown' } : pending.outcome)
  }

  #return(client: number, { id, calledAt, request }: Pending, outcome: StoreOutcome): void {
    this.#operations.push({ id, client, calledAt, returnedAt: this.#moment, request, outcome })
    this.#pending[client] = undefined
    if (outcome.kind === 'unknown' && this.#random.chance(1, 2)) this.#again[client] = request
  }

  // --- Requests ---

  #request(): StoreRequest {
    for (;;) {
      const request = this.#options.plain ? this.#plainRequest() : this.#anyRequest()
      if (isValid(request)) return request
    }
  }

  #anyRequest(): StoreRequest {
    const { current, compacted } = this.#model
    const state = { current, compacted, leases: LEASES, unknownOrders: false }
    const draw = this.#random.below(100)
    const serializable = this.#random.chance(1, 4)
    if (draw < 35) return { kind: 'put', put: { ...this.#requests.put(state), ...this.#value() } }
    if (draw < 45) return { kind: 'deleteRange', deleteRange: this.#requests.deleteRange() }
    if (draw < 75) return { kind: 'range', range: { ...this.#requests.range(state), serializable } }
    if (draw < 78) return { kind: 'leaseRevoke', leaseRevoke: { id: LEASES[this.#random.below(2)]! } }
    if (draw < 81 && this.#options.compactions) {
      return { kind: 'compact', compact: { revision: this.#requests.compaction(state), physical: false } }
    }
    return { kind: 'txn', txn: this.#wireTxn(this.#requests.txn(state, 1)) }
  }

  #plainRequest(): StoreRequest {
    const draw = this.#random.below(100)
    const key = utf8Bytes(`key${this.#random.below(50)}`)
    const rangeEnd = this.#random.chance(1, 8) ? utf8Bytes('key4') : new Uint8Array()
    if (draw < 40) {
      const put = { key, value: key, lease: 0n, prevKv: this.#random.chance(1, 4), ignoreLease: false }
      return { kind: 'put', put: { ...put, ignoreValue: false, ...this.#value() } }
    }
    if (draw < 50)
      return { kind: 'deleteRange', deleteRange: { key, rangeEnd: new Uint8Array(), prevKv: true } }
    const revision = this.#random.chance(1, 6) ? Math.max(1, this.#model.current - this.#random.below(20)) : 0
    const serializable = this.#random.chance(1, 6)
    return { kind: 'range', range: { ...NO_OPTIONS, key, rangeEnd, revision, serializable } }
  }

  #value(): { value?: Uint8Array; ignoreValue?: false } {
    return this.#options.uniqueValues ? { value: utf8Bytes(`v${++this.#values}`), ignoreValue: false } : {}
  }

  #wireTxn({ compare, success, failure }: TxnOperation): TxnRequest {
    const serializable = this.#random.chance(1, 3)
    const branch = (ops: TxnOperation['success']): RequestOp[] =>
      ops.map((op): RequestOp => {
        if (op.kind === 'range') return { kind: 'range', range: { ...op.range, serializable } }
        if (op.kind === 'put') return { kind: 'put', put: { ...op.put, ...this.#value() } }
        return op.kind === 'txn' ? { kind: 'txn', txn: this.#wireTxn(op.txn) } : op
      })
    return { compare, success: branch(success), failure: branch(failure) }
  }

  // --- The store ---

  #execute(request: StoreRequest): StoreOutcome {
    if (request.kind === 'range') return this.#read(request.range, request.range.serializable)
    if (request.kind === 'leaseRevoke') return this.#revoke(request.leaseRevoke.id)
    const result = this.#model.apply(commandOf(request))
    switch (result.kind) {
      case 'refused':
        return { kind: 'refused', reason: reasonOf(result.reason) }
      case 'put': {
        const { revision, prevKv } = result.put
        return done({ kind: 'put', put: { header: header(revision), prevKv } })
      }
      case 'deleteRange': {
        const { revision, ...rest } = result.deleteRange
        return done({ kind: 'deleteRange', deleteRange: { header: header(revision), ...rest } })
      }
      case 'txn': {
        const { revision, succeeded, responses } = result.txn
        return done({
          kind: 'txn',
          txn: { header: header(revision), succeeded, responses: responses.map(inner) },
        })
      }
      case 'compact':
        return done({ kind: 'compact', compact: { header: header(result.compact.revision) } })
      default:
        throw new Error(`a client asked for no ${result.kind}`)
    }
  }

  /** A member that lags has an older state; from it, it answers a serializable read. */
  #read(range: RangeOperation, serializable: boolean): StoreOutcome {
    const { current, compacted } = this.#model
    const lowest = Math.max(1, compacted)
    const lag =
      serializable && this.#random.chance(1, 2) ? this.#random.below(Math.min(6, current - lowest + 1)) : 0
    const now = current - lag
    if (range.revision > now) return { kind: 'refused', reason: 'futureRevision' }
    const asked = range.revision <= 0 && lag > 0 ? { ...range, revision: now } : range
    const result = this.#model.range(asked)
    if (result.kind === 'refused') {
      return { kind: 'refused', reason: reasonOf(result.reason) }
    }
    const { kvs, more, count } = result.range
    return done({ kind: 'range', range: { header: header(now), kvs, more, count } })
  }

  /** As one transaction that deletes every key of the lease. */
  #revoke(lease: bigint): StoreOutcome {
    const success = [...this.#model.state.values()]
      .filter(kv => kv.lease === lease)
      .map(({ key }) => ({
        kind: 'deleteRange' as const,
        deleteRange: { key, rangeEnd: new Uint8Array(), prevKv: false },
      }))
    this.#model.apply({ kind: 'txn', txn: { compare: [], success, failure: [] } })
    return done({ kind: 'leaseRevoke', leaseRevoke: { header: header(this.#model.current) } })
  }
}

/** They stay, whoever revokes them: what matters of it to a history is that their keys go. */
function modelWithLeases(): KvModel {
  const model = new KvModel()
  for (const id of LEASES) model.apply(grant(id))
  return model
}

const SERVED: Partial<Record<KvRefusal, true>> = {
  compacted: true,
  futureRevision: true,
  keyNotFound: true,
  leaseNotFound: true,
}

function reasonOf(refusal: KvRefusal): StoreRefusal {
  return refusal in SERVED ? (refusal as StoreRefusal) : 'notServed'
}

const NO_OPTIONS = {
  limit: 0,
  sortOrder: 0,
  sortTarget: 0,
  keysOnly: false,
  countOnly: false,
  minModRevision: 0,
  maxModRevision: 0,
  minCreateRevision: 0,
  maxCreateRevision: 0,
}

function done(response: StoreResponse): StoreOutcome {
  return { kind: 'done', response }
}

function header(revision: number): ResponseHeader {
  return { ...IDENTITY, revision }
}

/** Inside a transaction, a header has nothing but its revision. */
function inner(response: ResponseOperation): ResponseOp {
  const innerHeader = (revision: number) => ({ clusterId: 0n, memberId: 0n, raftTerm: 0, revision })
  switch (response.kind) {
    case 'put': {
      const { revision, ...rest } = response.put
      return { kind: 'put', put: { header: innerHeader(revision), ...rest } }
    }
    case 'deleteRange': {
      const { revision, ...rest } = response.deleteRange
      return { kind: 'deleteRange', deleteRange: { header: innerHeader(revision), ...rest } }
    }
    case 'range': {
      const { revision, ...rest } = response.range
      return { kind: 'range', range: { header: innerHeader(revision), ...rest } }
    }
    case 'txn': {
      const { revision, succeeded, responses } = response.txn
      return {
        kind: 'txn',
        txn: { header: innerHeader(revision), succeeded, responses: responses.map(inner) },
      }
    }
  }
}

function commandOf(request: Exclude<StoreRequest, { kind: 'range' | 'leaseRevoke' }>): KvCommand {
  return request.kind === 'txn' ? { kind: 'txn', txn: request.txn as TxnOperation } : request
}

function isValid(request: StoreRequest): boolean {
  switch (request.kind) {
    case 'put':
      return checkPut(request.put) === undefined
    case 'deleteRange':
      return checkDeleteRange(request.deleteRange) === undefined
    case 'range':
      return checkRange(request.range) === undefined
    case 'txn':
      return checkTxn(request.txn) === undefined && routeOf(request.txn) !== 'serializable'
    case 'compact':
    case 'leaseRevoke':
      return true
  }
}
