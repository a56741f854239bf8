/** An answer that cannot be: thrown inside the checkers, caught where a verdict is made of it. */
export class Mismatch extends Error {
  override readonly name = 'Mismatch'
}

/** Throws `Mismatch` unless the condition holds. */
export function demand(condition: boolean, problem: () => string): asserts condition {
  if (!condition) throw new Mismatch(problem())
}
