/**
 * Tries the tests of every core by mutants, one after the other: `npx tsx test/mutants/mutants.ts [core ...]`. Status 1
 * if one survives. It takes some minutes a core, so `npm test` only sees to it that every mutant can still be planted.
 */
import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { CORES } from './cores.ts'
import type { MutatedCore } from './mutant.ts'

/** A test that runs for so long with a mutant in it does not end: that is noticed, too. */
const MUTANT_MS_MAX = 300_000

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
const CONFIG = fileURLToPath(new URL('vitest.config.ts', import.meta.url))

function passes({ name, tests }: MutatedCore, mutant?: string): boolean {
  const { status } = spawnSync(process.execPath, [VITEST, 'run', '--config', CONFIG, ...tests], {
    cwd: ROOT,
    env: { ...process.env, ...(mutant !== undefined && { MUTANT: `${name}:${mutant}` }) },
    timeout: MUTANT_MS_MAX,
    stdio: 'ignore',
  })
  return status === 0
}

/** Gives the names of those that nobody noticed. */
function survivorsOf(core: MutatedCore): string[] {
  if (!passes(core)) throw new Error(`the tests of ${core.name} fail without a mutant`)
  return core.mutants.filter(({ name }) => passes(core, name)).map(({ name }) => name)
}

const chosen = process.argv.slice(2)
for (const core of CORES.filter(({ name }) => chosen.length === 0 || chosen.includes(name))) {
  const survivors = survivorsOf(core)
  const { length } = core.mutants
  console.log(`${core.name}: ${length - survivors.length} of ${length} noticed`)
  for (const survivor of survivors) console.log(`  not noticed: ${survivor}`)
  if (survivors.length > 0) process.exitCode = 1
}
