/** Who found what is wrong with a run, by the words of its problems. */
import type { RunResult } from '../run/run-result.ts'
import type { Oracle } from './exhibit.ts'

/** Beginnings of problems that are told with their origin; whatever has none was found in the history of requests. */
const BEGINNINGS: readonly (readonly [string, Oracle])[] = [
  ['replicas: ', 'replicas'],
  ['lists: ', 'transactions'],
  ['registers: ', 'transactions'],
  ['bank: ', 'programs'],
  ['counters: ', 'programs'],
  ['locks: ', 'programs'],
]

/** Of a run that is not good: the oracle of what is worst, and of several the first that spoke. */
export function oracleOf({ verdict, problems }: Pick<RunResult, 'verdict' | 'problems'>): Oracle {
  if (verdict === 'liveness') return 'liveness'
  if (verdict === 'crash') return problems.some(isHalt) ? haltOf(problems.find(isHalt)!) : 'assertions'
  const first = problems.find(problem => !isLiveness(problem)) ?? ''
  if (first.includes('do not hold the same')) return 'replicas'
  return BEGINNINGS.find(([beginning]) => first.startsWith(beginning))?.[1] ?? 'history'
}

function isHalt(problem: string): boolean {
  return problem.includes(' stopped itself: ')
}

/** A member that stops because an invariant is broken says so without a code. */
function haltOf(problem: string): Oracle {
  return problem.includes('InvariantError') ? 'assertions' : 'halts'
}

function isLiveness(problem: string): boolean {
  return problem.includes(' were healed, ') && !problem.includes('do not hold the same')
}
