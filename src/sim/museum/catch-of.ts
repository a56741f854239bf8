/** Who found what is wrong with a run, and what it said: by the words of the run's problems. */
import type { RunResult } from '../run/run-result.ts'
import type { Catch, Oracle } from './exhibit.ts'

/** Beginnings of problems that are told with their origin; whatever has none was found in the history of requests. */
const BEGINNINGS: readonly (readonly [string, Oracle])[] = [
  ['replicas: ', 'replicas'],
  ['lists: ', 'transactions'],
  ['registers: ', 'transactions'],
  ['bank: ', 'programs'],
  ['counters: ', 'programs'],
  ['locks: ', 'programs'],
  ['rights: ', 'rights'],
  ['heldLeases: ', 'leases'],
  ['leases: ', 'leases'],
  ['fencing: ', 'fencing'],
  ['watches: ', 'watches'],
]

/** Of a run that is not good: of what is worst, what was said first. */
export function catchOf({ verdict, problems }: Pick<RunResult, 'verdict' | 'problems'>): Catch {
  const [first = verdict] = problems
  if (verdict === 'liveness' || verdict === 'exhausted') return { oracle: 'liveness', sentence: first }
  const sentence = problems.find(problem => !isLiveness(problem)) ?? first
  if (verdict === 'crash') return { oracle: isForeseen(sentence) ? 'halts' : 'assertions', sentence }
  if (sentence.includes(DIFFERENT)) return { oracle: 'replicas', sentence }
  const oracle = BEGINNINGS.find(([beginning]) => sentence.startsWith(beginning))?.[1] ?? 'history'
  return { oracle, sentence }
}

/** A member that stops because an invariant is broken says so without a code. */
function isForeseen(problem: string): boolean {
  return problem.includes(' stopped itself: ') && !problem.includes('InvariantError')
}

const DIFFERENT = 'do not hold the same'

/** Healing is spoken of when something does not come about, or when replicas differ afterwards. */
function isLiveness(problem: string): boolean {
  return problem.includes(' were healed') && !problem.includes(DIFFERENT)
}
