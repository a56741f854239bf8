/** Whoever saw a key saw it as the chronicle has it at the revision of the answer; so did every guard. */
import type { Chronicle } from './chronicle.ts'
import { describeOperation, type Operation, type Seen } from './history.ts'

export function checkReadings(operations: readonly Operation[], chronicle: Chronicle): string[] {
  const violations: string[] = []
  for (const operation of operations) {
    const problem = problemOf(operation, chronicle)
    if (problem !== undefined) violations.push(`${problem}: ${describeOperation(operation)}`)
  }
  return violations
}

function problemOf({ action, answer }: Operation, chronicle: Chronicle): string | undefined {
  if (answer === undefined) return undefined
  const { revision, wrote, seen } = answer
  if (revision > chronicle.end) return `nothing is known of revision ${revision}`
  if (action.kind === 'put' || action.kind === 'pair') return undefined
  const before = chronicle.at(action.key, wrote ? revision - 1 : revision)
  if (action.kind === 'delete') {
    return wrote === (before !== null) ? undefined : `the key was ${show(before)}`
  }
  if (action.kind === 'guarded' && wrote !== ((before?.modRevision ?? 0) === action.modRevision)) {
    return `the guard met ${show(before)}`
  }
  if (wrote || same(seen ?? null, before)) return undefined
  return `the key was ${show(before)}`
}

function same(a: Seen, b: Seen): boolean {
  return a?.value === b?.value && a?.modRevision === b?.modRevision
}

function show(seen: Seen): string {
  return seen === null ? 'absent' : JSON.stringify(seen)
}
