/**
 * Delta debugging (Zeller & Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", 2002): leaves out parts,
 * large ones first, as long as what is left is still wrong.
 */

/**
 * A part of `items`, in their order, that is wrong and of which no single one can be left out.
 *
 * @param isWrong asked of parts only; `items` as a whole is known to be wrong.
 * @param asksMax after so many questions the shortest part so far is good enough.
 */
export function shrink<T>(
  items: readonly T[],
  isWrong: (part: readonly T[]) => boolean,
  asksMax = 2_000,
): readonly T[] {
  const search = shrinking(items)
  let step = search.next()
  for (let asked = 0; !step.done && asked < asksMax; asked++) step = search.next(isWrong(step.value.ask))
  return step.value.best
}

/** What is to be asked next, and the shortest wrong part so far. */
export interface Shrinking<T> {
  readonly ask: readonly T[]
  readonly best: readonly T[]
}

/** The same for answers that take their time: yields questions, is sent answers, and may be left at any time. */
export function* shrinking<T>(items: readonly T[]): Generator<Shrinking<T>, Shrinking<T>, boolean> {
  let part = items
  let pieces = 2
  while (part.length > 1) {
    const size = Math.ceil(part.length / pieces)
    let smaller: readonly T[] | undefined
    for (let from = 0; from < part.length && smaller === undefined; from += size) {
      const rest = [...part.slice(0, from), ...part.slice(from + size)]
      if (yield { ask: rest, best: part }) smaller = rest
    }
    if (smaller !== undefined) {
      part = smaller
      pieces = Math.max(2, pieces - 1)
    } else if (size > 1) pieces = Math.min(part.length, pieces * 2)
    else break
  }
  return { ask: part, best: part }
}
