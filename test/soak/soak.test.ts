import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runCommand } from '../harness/command.ts'
import type { RunLine } from './totals.ts'

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

/** What a seed came to, as the program reports it. */
const RUN: RunLine = {
  seed: 7,
  digest: 'abc',
  verdict: 'good',
  problems: [],
  isUndecided: false,
  virtualMs: 60_000,
  events: 10,
  operations: 500,
  cpuMs: 1,
  faults: {},
  probes: {},
}

/** A soak whose parts are this program instead; what it printed, and its results. */
async function soakOf(program: string, ...args: string[]) {
  const directory = mkdtempSync(`${tmpdir()}/quorate-soak-`)
  try {
    const [path, results] = [`${directory}/program.mjs`, `${directory}/soak.jsonl`]
    writeFileSync(path, `import { writeSync } from 'node:fs'\n${program}\n`)
    const all = [SOAK, '--seed', '7', '--jobs', '1', '--results', results, ...args]
    const { status, stdout, stderr } = await runCommand(TSX, all, { environment: { QUORATE_PROGRAM: path } })
    expect(stderr).toBe('')
    const parts = readFileSync(results, 'utf8').trimEnd().split('\n')
    return { status, stdout, parts: parts.map(part => JSON.parse(part) as { notes: string[] }) }
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

const WHOLE = `writeSync(1, ${JSON.stringify(`${JSON.stringify(RUN)}\n`)})`
const TORN = `writeSync(1, ${JSON.stringify(JSON.stringify(RUN).slice(0, 20))})`

test('a part that is killed within a line is noted and unclean, and the next one is run', async () => {
  const killed = `${WHOLE}\n${TORN}\nprocess.kill(process.pid, 'SIGKILL')\nsetInterval(() => {}, 1_000)`
  const { status, stdout, parts } = await soakOf(killed, '--seeds', '60')
  expect(status).toBe(1)
  expect(stdout).toContain('2 seeds, 0 bad')
  expect(stdout).toContain('unclean: the part of seeds 7 to 56 was ended by SIGKILL\n')
  expect(stdout).toContain('unclean: the part of seeds 57 to 66 was ended by SIGKILL\n')
  expect(parts).toMatchObject(
    [7, 57].map(from => ({
      from,
      status: null,
      seeds: 1,
      notes: ['no whole line of JSON: {"seed":7,"digest":"'],
    })),
  )
})

test.each([
  ['ended with status 3', `${WHOLE}\nprocess.exitCode = 3`],
  ['printed what is no whole line of JSON', `${WHOLE}\n${TORN}`],
])('a part that %s is named when the soak fails for it', async (flaw, program) => {
  const { status, stdout } = await soakOf(program, '--seeds', '1')
  expect(status).toBe(1)
  expect(stdout).toContain(`unclean: the part of seeds 7 to 7 ${flaw}\n`)
})

test('a soak of no seed fails and says so', async () => {
  const { status, stdout } = await soakOf('', '--seeds', '1')
  expect(status).toBe(1)
  expect(stdout).toContain('too little was tried: no seed was run\n')
})

test('the hours begin once everything is there: those of a moment still run a part', async () => {
  const { status, stdout } = await soakOf(WHOLE, '--hours', '0.00001')
  expect({ status, stdout }).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/ [1-9]\d* seeds, 0 bad/),
  })
})
