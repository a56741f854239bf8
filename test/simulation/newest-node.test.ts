/** What a seed does may depend on nothing but the seed: not on the version of the engine either. */
import { expect, test } from 'vitest'
import { QUORATE } from '../harness/cluster.ts'
import { runCommand } from '../harness/command.ts'
import { newestNode } from '../harness/newest-node.ts'

const TIMEOUT_MS = 300_000

async function digests(program: string): Promise<string[]> {
  const { stdout } = await runCommand(program, [QUORATE, 'sim', '--seed', '1', '--seeds', '4', '--json'])
  return stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { seed: number; digest: string })
    .map(({ seed, digest }) => `${seed} -> ${digest}`)
}

test('seeds give the same runs on the newest Node.js', { timeout: TIMEOUT_MS }, async () => {
  const newest = await newestNode()
  if (newest === undefined) console.warn(`no package has it for ${process.platform} ${process.arch}`)
  const other = newest ?? process.execPath
  const here = await digests(process.execPath)
  expect(here).toHaveLength(4)
  expect(await digests(other)).toEqual(here)
})
