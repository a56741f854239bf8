/** What is wrong with a run, as far as it has come, and how bad that is together. */
import { QuorateError } from '../../core/errors.ts'
import { PROBLEM_CHARACTERS_MAX, PROBLEMS_TOLD_MAX } from './limits.ts'
import type { Verdict } from './run-result.ts'

/** What was wrong outweighs what was not done; without an end, nothing else is known. */
const WORST_FIRST: readonly Verdict[] = ['exhausted', 'crash', 'correctness', 'liveness']

interface Problem {
  readonly verdict: Verdict
  readonly sentence: string
}

export class Problems {
  readonly #all: Problem[] = []

  add(verdict: Verdict, sentence: string): void {
    this.#all.push({ verdict, sentence })
  }

  /** Something threw that must not. */
  crashed(error: unknown): void {
    this.add('crash', describeError(error))
  }

  has(verdict: Verdict): boolean {
    return this.#all.some(problem => problem.verdict === verdict)
  }

  /** Of all problems, the worst one's. */
  get verdict(): Verdict {
    return WORST_FIRST.find(verdict => this.has(verdict)) ?? 'good'
  }

  /** Some of them, for people: the worst, as they came, and then the others. */
  get told(): readonly string[] {
    const worstFirst = WORST_FIRST.flatMap(verdict => this.#all.filter(each => each.verdict === verdict))
    return worstFirst.slice(0, PROBLEMS_TOLD_MAX).map(({ sentence }) => cutOff(sentence))
  }
}

/** Answers hold values of any length. */
function cutOff(sentence: string): string {
  if (sentence.length <= PROBLEM_CHARACTERS_MAX) return sentence
  return `${sentence.slice(0, PROBLEM_CHARACTERS_MAX)} ... (${sentence.length} characters)`
}

/** Without the place in the code, which differs from build to build. */
export function describeError(error: unknown): string {
  if (error instanceof QuorateError) return `${error.message} [${error.code}]`
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
