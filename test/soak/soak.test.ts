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

test.each([
  ['--hours many', '--hours must be a number above 0'],
  ['--hours 0', '--hours must be a number above 0'],
  ['--seeds 0', '--seeds must be a whole number, at least 1'],
  ['--seed x', '--seed must be a whole number, at least 0'],
  ['--jobs 0', '--jobs must be a whole number, at least 1'],
  ['--consensus zab', '--consensus must be one of raft, paxos'],
  ['--hour 1', "Unknown option '--hour'"],
])('a soak that would try nothing says so: %s', async (line, message) => {
  const { status, stdout, stderr } = await runCommand(TSX, [SOAK, ...line.split(' ')])
  expect(stderr).toContain(`error: ${message}`)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
})
