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
  const { status, error } = spawnSync(process.execPath, [VITEST, 'run', '--config', CONFIG, ...tests], {
    cwd: ROOT,
    env: { ...process.env, ...(mutant !== undefined && { MUTANT: `${name}:${mutant}` }) },
    timeout: MUTANT_MS_MAX,
    stdio: 'ignore',
  })
  if (status === null && error === undefined) throw new Error('somebody ended the tests, not the mutant')
  return status === 0
}

/** Gives how many are noticed, and names the others as it meets them. */
function noticedOf(core: MutatedCore): number {
  if (!passes(core)) throw new Error(`the tests of ${core.name} fail without a mutant`)
  return core.mutants.filter(({ name }) => {
    const isNoticed = !passes(core, name)
    if (!isNoticed) console.log(`  ${core.name}, not noticed: ${name}`)
    return isNoticed
  }).length
}

const chosen = process.argv.slice(2)
for (const core of CORES.filter(({ name }) => chosen.length === 0 || chosen.includes(name))) {
  const noticed = noticedOf(core)
  console.log(`${core.name}: ${noticed} of ${core.mutants.length} noticed`)
  if (noticed < core.mutants.length) process.exitCode = 1
}
