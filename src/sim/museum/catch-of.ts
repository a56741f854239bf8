/** Who found what is wrong with a run, and what it said: by the words of the run's problems. */
import type { RunResult, Verdict } from '../run/run-result.ts'
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
  ['bounds: ', 'bounds'],
  ['this does not hold: ', 'demands'],
]

/** Of a run that is not good: of what is worst, what was said first. */
export function catchOf({ verdict, problems }: Pick<RunResult, 'verdict' | 'problems'>): Catch {
  const [sentence = verdict] = problems
  return { oracle: oracleOf(verdict, sentence), sentence }
}

function oracleOf(verdict: Verdict, sentence: string): Oracle {
  if (verdict === 'liveness' || verdict === 'exhausted') return 'liveness'
  if (verdict === 'crash') return isForeseen(sentence) ? 'halts' : 'assertions'
  if (sentence.includes(DIFFERENT)) return 'replicas'
  return BEGINNINGS.find(([beginning]) => sentence.startsWith(beginning))?.[1] ?? 'history'
}

/** A member that stops because an invariant is broken says so without a code. */
function isForeseen(problem: string): boolean {
  return problem.includes(' stopped itself: ') && !problem.includes('InvariantError')
}

/** Replicas that are compared when all were healed. */
const DIFFERENT = 'do not hold the same'
