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
  let part = items
  let pieces = 2
  let asksLeft = asksMax
  while (part.length > 1 && asksLeft > 0) {
    const size = Math.ceil(part.length / pieces)
    let smaller: readonly T[] | undefined
    for (let from = 0; from < part.length && smaller === undefined && asksLeft > 0; from += size) {
      const rest = [...part.slice(0, from), ...part.slice(from + size)]
      asksLeft--
      if (isWrong(rest)) smaller = rest
    }
    if (smaller !== undefined) {
      part = smaller
      pieces = Math.max(2, pieces - 1)
    } else if (size > 1) pieces = Math.min(part.length, pieces * 2)
    else break
  }
  return part
}
