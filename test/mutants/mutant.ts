/** A mutant: one place of a core written wrongly, by which its tests are tried. Nothing in the tree is ever changed. */

export interface Mutant {
  /** What it does wrongly. */
  readonly name: string
  /** From the folder of its core. */
  readonly file: string
  /** Stands once in the file, and is replaced. */
  readonly find: string
  readonly by: string
}

/** The mutants of one core, and the tests that have to notice each. */
export interface MutatedCore {
  readonly name: string
  readonly folder: string
  readonly tests: readonly string[]
  readonly mutants: readonly Mutant[]
}

/** What a list of mutants is written as. */
export type Line = readonly [name: string, file: string, find: string, by: string]

export function mutantsOf(lines: readonly Line[]): Mutant[] {
  return lines.map(([name, file, find, by]) => ({ name, file, find, by }))
}
