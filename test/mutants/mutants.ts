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

type Result = 'pass' | 'fail' | 'endless'

function resultOf({ name, tests }: MutatedCore, mutant?: string): Result {
  const { status, error } = spawnSync(process.execPath, [VITEST, 'run', '--config', CONFIG, ...tests], {
    cwd: ROOT,
    env: { ...process.env, ...(mutant !== undefined && { MUTANT: `${name}:${mutant}` }) },
    timeout: MUTANT_MS_MAX,
    stdio: 'ignore',
  })
  if (status === null && error === undefined) throw new Error('somebody ended the tests, not the mutant')
  if (status === null) return 'endless'
  return status === 0 ? 'pass' : 'fail'
}

/** Gives how many are noticed, and names the others as it meets them; and those that nothing but the time tells. */
function noticedOf(core: MutatedCore): number {
  const unharmed = resultOf(core)
  if (unharmed !== 'pass') throw new Error(`without a mutant the tests of ${core.name}: ${unharmed}`)
  return core.mutants.filter(({ name }) => {
    const result = resultOf(core, name)
    if (result === 'pass') console.log(`  ${core.name}, not noticed: ${name}`)
    if (result === 'endless') console.log(`  ${core.name}, noticed by its time alone: ${name}`)
    return result !== 'pass'
  }).length
}

const chosen = process.argv.slice(2)
for (const core of CORES.filter(({ name }) => chosen.length === 0 || chosen.includes(name))) {
  const noticed = noticedOf(core)
  console.log(`${core.name}: ${noticed} of ${core.mutants.length} noticed`)
  if (noticed < core.mutants.length) process.exitCode = 1
}
