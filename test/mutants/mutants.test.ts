/** The mutants by which the tests of the cores are tried can be planted: `mutants.ts` tries them. */
import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { CORES } from './cores.ts'
import { pathOf, plantedIn } from './planting.ts'

/** So many at least are owed by every core. */
const MUTANTS_MIN = 10

test.each(CORES)('$name: every mutant stands in the code that there is, and is another', core => {
  expect(core.mutants.length).toBeGreaterThanOrEqual(MUTANTS_MIN)
  expect(new Set(core.mutants.map(({ name }) => name)).size).toBe(core.mutants.length)
  for (const mutant of core.mutants) {
    const code = readFileSync(pathOf(core, mutant), 'utf8')
    expect(plantedIn(code, mutant)).not.toBe(code)
  }
})
