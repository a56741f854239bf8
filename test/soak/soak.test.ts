import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runCommand } from '../harness/command.ts'

const SOAK = fileURLToPath(new URL('soak.ts', import.meta.url))
const TSX = fileURLToPath(new URL('../../node_modules/.bin/tsx', import.meta.url))

test('a soak appends what its seeds came to, a line for every part', { timeout: 120_000 }, async () => {
  const directory = mkdtempSync(`${tmpdir()}/quorate-soak-`)
  try {
    const results = `${directory}/soak.jsonl`
    const args = [
      SOAK,
      '--seed',
      '7',
      '--seeds',
      '2',
      '--jobs',
      '1',
      '--consensus',
      'paxos',
      '--results',
      results,
    ]
    const { status, stdout, stderr } = await runCommand(TSX, args)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('2 seeds, 0 bad')
    const [line, ...more] = readFileSync(results, 'utf8').trimEnd().split('\n')
    expect(more).toEqual([])
    expect(JSON.parse(line!)).toMatchObject({
      consensus: 'paxos',
      from: 7,
      count: 2,
      seeds: 2,
      bad: [],
      faults: { B2: 2 },
      notes: [],
    })
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
})
