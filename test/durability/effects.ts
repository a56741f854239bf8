/**
 * Ties what clients were told to what happened: every acknowledged write is in the chronicle, at its revision,
 * whole; and every change in the chronicle was asked for by exactly one operation that was not refused.
 */
import type { Change, Chronicle } from './chronicle.ts'
import { describeOperation, keysOf, type Operation } from './history.ts'

export interface Effects {
  readonly violations: readonly string[]
  /** The revision at which each operation that changed anything did so; also of those with unknown outcome. */
  readonly revisions: ReadonlyMap<Operation, number>
}

export function checkEffects(operations: readonly Operation[], chronicle: Chronicle): Effects {
  const matching = new Matching(operations)
  for (let revision = 1; revision <= chronicle.end; revision++) {
    const changes = chronicle.changesAt(revision)
    if (changes.length > 0) matching.explain(revision, changes)
  }
  for (const operation of operations) matching.demand(operation)
  return matching
}

class Matching implements Effects {
  readonly violations: string[] = []
  readonly revisions = new Map<Operation, number>()
  readonly #byValue = new Map<string, Operation>()
  readonly #deletesByRevision = new Map<number, Operation>()
  /** Deletes whose outcome is unknown, by key. */
  readonly #possibleDeletes = new Map<string, Operation[]>()

  constructor(operations: readonly Operation[]) {
    for (const operation of operations) {
      const { action, answer, refused } = operation
      if ('value' in action) this.#byValue.set(action.value, operation)
      else if (action.kind === 'delete') {
        if (answer?.wrote) this.#deletesByRevision.set(answer.revision, operation)
        else if (answer === undefined && !refused) this.#mayDelete(action.key, operation)
      }
    }
  }

  /** Finds whose doing the changes of one revision are. */
  explain(revision: number, changes: readonly Change[]): void {
    const { key, value } = changes[0]!
    const found = `revision ${revision} has ${JSON.stringify(changes)}`
    const operation = value === null ? this.#deleteOf(revision, key) : this.#byValue.get(value)
    if (operation === undefined) return this.#report(`${found}, which nobody asked for`)
    const asked = `asked for by ${describeOperation(operation)}`
    const keys = keysOf(operation.action)
    const isWhole =
      changes.length === keys.length &&
      changes.every(change => keys.includes(change.key) && change.value === value)
    if (!isWhole) this.#report(`${found}, which is not the whole of what was ${asked}`)
    if (operation.refused || (operation.answer !== undefined && !operation.answer.wrote)) {
      this.#report(`${found}, though it was refused: ${asked}`)
    }
    const earlier = this.revisions.get(operation)
    if (earlier !== undefined) this.#report(`${found}, done already at revision ${earlier}: ${asked}`)
    this.revisions.set(operation, revision)
  }

  /** What was acknowledged must be there. Told after all is explained. */
  demand(operation: Operation): void {
    const { answer } = operation
    if (!answer?.wrote) return
    const revision = this.revisions.get(operation)
    if (revision === answer.revision) return
    const where = revision === undefined ? 'is not there' : `is at revision ${revision}`
    this.#report(`an acknowledged write ${where}: ${describeOperation(operation)}`)
  }

  #mayDelete(key: string, operation: Operation): void {
    const others = this.#possibleDeletes.get(key)
    if (others === undefined) this.#possibleDeletes.set(key, [operation])
    else others.push(operation)
  }

  /**
   * Deletes look all alike: of those that may have done it, the one that was called first is taken. That is
   * the choice that `checkRealTime` finds least wrong with.
   */
  #deleteOf(revision: number, key: string): Operation | undefined {
    const acknowledged = this.#deletesByRevision.get(revision)
    if (acknowledged !== undefined && keysOf(acknowledged.action).includes(key)) return acknowledged
    return this.#possibleDeletes.get(key)?.shift()
  }

  #report(violation: string): void {
    this.violations.push(violation)
  }
}
