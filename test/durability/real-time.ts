/**
 * Revisions respect real time, over all keys: whatever was called after something returned has no lower
 * revision, and a higher one if it is a write. So writes are never reordered, and reads never go back. (A
 * serializable read promises neither.)
 */
import { describeOperation, type Operation } from './history.ts'

/** @param revisions at which operations of unknown outcome took effect, among others. */
export function checkRealTime(
  operations: readonly Operation[],
  revisions: ReadonlyMap<Operation, number>,
): string[] {
  const violations: string[] = []
  let newest = 0
  let newestBy: Operation | undefined
  for (const { operation, isCall } of eventsInOrder(operations)) {
    const revision = operation.answer?.revision ?? revisions.get(operation)
    if (revision === undefined || isSerializable(operation)) continue
    if (isCall) {
      const wrote = operation.answer?.wrote ?? true
      if (revision > newest || (revision === newest && !wrote)) continue
      const before = newestBy === undefined ? '' : describeOperation(newestBy)
      violations.push(`${describeOperation(operation)} is at revision ${revision}, but came after ${before}`)
    } else if (revision > newest) {
      newest = revision
      newestBy = operation
    }
  }
  return violations
}

function isSerializable({ action }: Operation): boolean {
  return action.kind === 'get' && action.serializable
}

function eventsInOrder(operations: readonly Operation[]): { operation: Operation; isCall: boolean }[] {
  const events: { at: number; operation: Operation; isCall: boolean }[] = []
  for (const operation of operations) {
    events.push({ at: operation.calledAt, operation, isCall: true })
    if (operation.returnedAt !== undefined) {
      events.push({ at: operation.returnedAt, operation, isCall: false })
    }
  }
  return events.sort((a, b) => a.at - b.at)
}
