/**
 * Is a history of a whole etcd store linearizable? A revision is global and every answer carries one, so that most of
 * the order is known: acknowledged writes stand at their revisions, reads where their headers say, and all that is
 * left to search for is who wrote the revisions that nobody was told of. `DESIGN.md` says what is checked and why.
 *
 * 1. What contradicts itself: two writes of one revision, revisions against real time, pairs that differ.
 * 2. One replay by revision of everything that is certain (`store-replay.ts`).
 * 3. Compactions and refusals (`compaction-rules.ts`).
 * 4. A search over the gaps, if any is ambiguous (`store-search.ts`).
 */
import { checkCompactions } from './compaction-rules.ts'
import { describeHistory } from './describe-history.ts'
import type { StoreHistory, StoreOperation } from './history.ts'
import { SEARCH_STEPS_MAX, SHRINK_ASKS_MAX } from './limits.ts'
import { Problem } from './problem.ts'
import { shrink } from './shrink.ts'
import { EMPTY_STORE, factsOf, type InitialStore } from './store-facts.ts'
import { replay } from './store-replay.ts'
import { search } from './store-search.ts'

export interface StoreCheckOptions {
  /** Default: empty, at revision 1, never compacted. */
  readonly initial?: InitialStore
  /**
   * Whether others may have written to the store, who are not in the history. Then a revision that nobody was told of
   * accuses nobody, and there is nothing to search for. Default: false.
   */
  readonly others?: boolean
  readonly searchStepsMax?: number
}

export type StoreVerdict =
  | { readonly kind: 'correct' }
  | {
      readonly kind: 'wrong'
      /** In a sentence, of the shortest part. */
      readonly problem: string
      /** Operations that cannot all be as they are, of which none can be left out; by the instant of the call. */
      readonly operations: readonly StoreOperation[]
      /** Both, for people. */
      readonly report: string
    }
  /** The search was given up: neither proved nor refuted. */
  | { readonly kind: 'undecided' }

export function checkStore(history: StoreHistory, options: StoreCheckOptions = {}): StoreVerdict {
  const found = judge(history, options)
  if (found === 'correct' || found === 'undecided') return { kind: found }
  const { problem, operations } = shortest(history, options, found)
  const message = problem.message
  return { kind: 'wrong', problem: message, operations, report: `${message}\n${describeHistory(operations)}` }
}

/** The first problem that is met, not yet shrunk. */
function judge(history: StoreHistory, options: StoreCheckOptions): Problem | 'correct' | 'undecided' {
  try {
    const isWhole = options.others !== true
    const facts = factsOf(history, options.initial ?? EMPTY_STORE)
    const { keys, gaps } = replay(facts, isWhole)
    checkCompactions(facts, keys, isWhole)
    // With one candidate each, the replay has tried them already.
    if (gaps.every(({ candidates }) => candidates.length === 1)) return 'correct'
    const result = search(facts, gaps, options.searchStepsMax ?? SEARCH_STEPS_MAX)
    if (result.kind === 'explained') return 'correct'
    return result.kind === 'undecided' ? 'undecided' : result.problem
  } catch (error) {
    if (error instanceof Problem) return error
    throw error
  }
}

/**
 * What is left out may have been done by others, so that a part is judged as one of a history with others: a part
 * that is wrong even so was wrong in the whole, too. Where only the whole is wrong (a revision that nobody can have
 * written), leaving out says nothing, and the operations stand that the problem names.
 */
function shortest(
  history: StoreHistory,
  options: StoreCheckOptions,
  found: Problem,
): { problem: Problem; operations: readonly StoreOperation[] } {
  let problem = found
  const isWrong = (part: StoreHistory): boolean => {
    const verdict = judge(part, { ...options, others: true })
    if (!(verdict instanceof Problem)) return false
    problem = verdict
    return true
  }
  const ordered = [...history].sort((a, b) => a.calledAt - b.calledAt || a.id - b.id)
  // Most often those that the problem names suffice.
  if (isWrong(found.operations))
    return { problem, operations: shrink(found.operations, isWrong, SHRINK_ASKS_MAX) }
  if (isWrong(ordered)) {
    const operations = shrink(ordered, isWrong, SHRINK_ASKS_MAX)
    return { problem, operations }
  }
  const named = new Set(found.operations)
  return { problem: found, operations: ordered.filter(operation => named.has(operation)) }
}
