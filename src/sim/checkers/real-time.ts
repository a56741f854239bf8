/**
 * Revisions respect real time: whatever is called after something returned has no lower revision, and a higher one if
 * it is a write. So writes are never reordered and linearizable reads never go back.
 *
 * A serializable read promises neither for itself. But what it has seen exists: the revision in its header was
 * reached by the time it returned, and whatever is called later comes after that.
 */

import { isChange } from './footprint.ts'
import { isLinearizable, revisionOf, type StoreOperation } from './history.ts'
import { Problem } from './problem.ts'

export interface Instants {
  /** The highest revision that was answered before it was called. */
  readonly floor: number
  /** The highest that may have been reached when it returned, by what was answered to those who were called later. */
  readonly ceiling: number
}

/** Throws `Problem` if an operation is out of order. */
export function instantsOf(
  operations: readonly StoreOperation[],
  initialRevision: number,
): ReadonlyMap<StoreOperation, Instants> {
  const events = eventsOf(operations)
  const floors = new Map<StoreOperation, number>()
  let newest = initialRevision
  let newestBy: StoreOperation | undefined
  for (const { operation, isCall } of events) {
    const answer = answerOf(operation)
    if (isCall) {
      floors.set(operation, newest)
      if (answer === undefined || !isLinearizable(operation)) continue
      if (answer.revision < newest || (answer.revision === newest && answer.wrote)) {
        const order = answer.wrote ? 'higher' : 'no lower'
        const message = `revision ${answer.revision} was answered, but had to be ${order} than ${newest}`
        throw new Problem(message, newestBy === undefined ? [operation] : [newestBy, operation])
      }
    } else if (answer !== undefined && answer.revision > newest) {
      newest = answer.revision
      newestBy = operation
    }
  }
  const instants = new Map<StoreOperation, Instants>()
  let ceiling = Number.POSITIVE_INFINITY
  for (const { operation, isCall } of events.reverse()) {
    if (!isCall) instants.set(operation, { floor: floors.get(operation)!, ceiling })
    else {
      if (!instants.has(operation)) {
        instants.set(operation, { floor: floors.get(operation)!, ceiling: Number.POSITIVE_INFINITY })
      }
      const answer = answerOf(operation)
      if (answer === undefined || !isLinearizable(operation)) continue
      ceiling = Math.min(ceiling, answer.wrote ? answer.revision - 1 : answer.revision)
    }
  }
  return instants
}

function answerOf({ request, outcome }: StoreOperation): { revision: number; wrote: boolean } | undefined {
  if (outcome.kind !== 'done') return undefined
  return { revision: revisionOf(outcome.response), wrote: isChange(request, outcome.response) === true }
}

interface HistoryEvent {
  readonly at: number
  readonly operation: StoreOperation
  readonly isCall: boolean
}

/** Calls before returns of the same instant: what does not surely come after is not said to. */
function eventsOf(operations: readonly StoreOperation[]): HistoryEvent[] {
  const events: HistoryEvent[] = []
  for (const operation of operations) {
    events.push({ at: operation.calledAt, operation, isCall: true })
    const { returnedAt } = operation
    if (returnedAt !== undefined) events.push({ at: returnedAt, operation, isCall: false })
  }
  return events.sort((a, b) => a.at - b.at || Number(b.isCall) - Number(a.isCall))
}
