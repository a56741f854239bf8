/**
 * Tries the tests of every core by mutants, one after the other: `npx tsx test/mutants/mutants.ts [core ...]`. Status 1
 * if one survives. It takes some minutes a core, so `npm test` only sees to it that every mutant can still be planted.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { CORES } from './cores.ts'
import type { MutatedCore } from './mutant.ts'

/** A test that runs for so long with a mutant in it does not end: that is noticed, too. */
const MUTANT_MS_MAX = 300_000

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
const CONFIG = fileURLToPath(new URL('vitest.config.ts', import.meta.url))

type Result = 'pass' | 'fail' | 'endless'

async function resultOf({ name, tests }: MutatedCore, mutant?: string): Promise<Result> {
  const child = spawn(process.execPath, [VITEST, 'run', '--config', CONFIG, ...tests], {
    cwd: ROOT,
    env: { ...process.env, ...(mutant !== undefined && { MUTANT: `${name}:${mutant}` }) },
    // Why the tests fail without a mutant somebody will want to know.
    stdio: mutant === undefined ? 'inherit' : 'ignore',
    // A group of its own: a test that does not end is in a process of the tests' own, which would outlive them.
    detached: true,
  })
  let isEndless = false
  const limit = setTimeout(() => {
    isEndless = true
    process.kill(-child.pid!, 'SIGKILL')
  }, MUTANT_MS_MAX)
  const [status] = (await once(child, 'exit')) as [number | null]
  clearTimeout(limit)
  if (isEndless) return 'endless'
  if (status === null) throw new Error('somebody ended the tests, not the mutant')
  return status === 0 ? 'pass' : 'fail'
}

/** Gives how many are noticed, and names the others as it meets them; and those that nothing but the time tells. */
async function noticedOf(core: MutatedCore): Promise<number> {
  const unharmed = await resultOf(core)
  if (unharmed !== 'pass') throw new Error(`without a mutant the tests of ${core.name}: ${unharmed}`)
  let noticed = 0
  for (const { name } of core.mutants) {
    const result = await resultOf(core, name)
    if (result === 'pass') console.log(`  ${core.name}, not noticed: ${name}`)
    else noticed++
    if (result === 'endless') console.log(`  ${core.name}, noticed by its time alone: ${name}`)
  }
  return noticed
}

const chosen = process.argv.slice(2)
for (const core of CORES.filter(({ name }) => chosen.length === 0 || chosen.includes(name))) {
  const noticed = await noticedOf(core)
  console.log(`${core.name}: ${noticed} of ${core.mutants.length} noticed`)
  if (noticed < core.mutants.length) process.exitCode = 1
}
