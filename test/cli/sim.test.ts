/** `quorate sim` as a command: what it prints, and how it ends. */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { BUGS } from '../../src/core/seams.ts'
import { decodeHistory } from '../../src/sim/checkers/history-codec.ts'
import { checkStore } from '../../src/sim/checkers/store-model.ts'
import { canaryRun } from '../../src/sim/museum/canary.ts'
import { drawRun } from '../../src/sim/run/run-plan.ts'
import { encodeScenario } from '../../src/sim/run/scenario-file.ts'
import { SCENARIOS } from '../../src/sim/scenarios/named/index.ts'
import { QUORATE } from '../harness/cluster.ts'
import { quorate } from '../harness/command.ts'

vi.setConfig({ testTimeout: 300_000, hookTimeout: 60_000 })

let directory: string

beforeAll(() => {
  directory = mkdtempSync(`${tmpdir()}/quorate-sim-`)
})

afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

describe('a command line that makes no sense has status 2', () => {
  test.each([
    ['--seed many', 'must be a whole number'],
    ['--seed -1', 'must be a whole number'],
    ['--seed 9007199254740992', 'must be a whole number'],
    ['--seed 9007199254740991 --seeds 2', '--seed and --seeds go beyond 2^53'],
    ['--seeds 0', '--seeds must be at least 1'],
    ['--minutes 0', '--minutes must be at least 1'],
    ['--minutes 1.5', 'must be a whole number'],
    ['--consensus zab', 'Allowed choices are raft, paxos'],
    ['--bug gremlins', BUGS.join(', ')],
    ['--nonsense', "unknown option '--nonsense'"],
    ['1', 'too many arguments'],
  ])('quorate sim %s', async (line, message) => {
    const { status, stdout, stderr } = await quorate(['sim', ...line.split(' ')], { directory })
    expect(stderr).toContain(message)
    expect(stderr).toContain('[QUORATE_CONFIG_INVALID]')
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })
})

test('a scenario that is not there, or no longer applies, is refused with a code', async () => {
  const missing = await quorate(['sim', '--scenario', 'nowhere.json'], { directory })
  expect(missing).toMatchObject({ status: 1, stdout: '' })
  expect(missing.stderr).toContain('[QUORATE_SCENARIO_UNREADABLE]')
  for (const { name } of SCENARIOS) expect(missing.stderr).toContain(name)
  const text = encodeScenario({ plan: drawRun(1), verdict: 'crash', problems: [] })
  writeFileSync(`${directory}/old.json`, text.replace('"quorateScenario":1', '"quorateScenario":0'))
  const old = await quorate(['sim', '--scenario', 'old.json'], { directory })
  expect(old).toMatchObject({ status: 1, stdout: '' })
  expect(old.stderr).toContain('[QUORATE_SCENARIO_INVALID]')
})

test('a run that was saved is repeated as it was', async () => {
  writeFileSync(`${directory}/1.json`, encodeScenario({ plan: drawRun(1), verdict: 'good', problems: [] }))
  const { status, stderr } = await quorate(['sim', '--scenario', '1.json', '--seed', '2'], { directory })
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringContaining('[QUORATE_CONFIG_INVALID]'),
  })
})

test('a scenario that has a name tells its story, the same one for the same seed', async () => {
  const args = ['sim', '--scenario', 'swizzle-clog', '--seed', '3']
  const once = await quorate(args, { directory })
  expect(once).toMatchObject({ status: 0, stderr: '' })
  expect(once.stdout).toMatch(/^ +\d+\.\d{3} s {2}a is clogged for 2000 ms$/m)
  expect(once.stdout).toMatch(/^3 -> [0-9a-f]{8}$/m)
  expect((await quorate(args, { directory })).stdout).toBe(once.stdout)
  const json = await quorate([...args, '--json'], { directory })
  const { digest, verdict } = JSON.parse(json.stdout) as { digest: string; verdict: string }
  expect(once.stdout).toContain(`3 -> ${digest}`)
  expect(verdict).toBe('good')
})

test('a seed gives its digest, the same one every time, and a scenario of it the same', async () => {
  const first = await quorate(['sim', '--seed', '5'], { directory })
  expect(first).toMatchObject({ status: 0, stderr: '' })
  const digest = /^5 -> [0-9a-f]{8}$/m.exec(first.stdout)?.[0]
  expect(digest).toBeDefined()
  expect(first.stdout).toMatch(/^operations checked: [1-9]/m)
  writeFileSync(`${directory}/5.json`, encodeScenario({ plan: drawRun(5), verdict: 'good', problems: [] }))
  const again = await quorate(['sim', '--scenario', '5.json'], { directory })
  expect(again.stdout).toContain(digest)
})

test('what clients asked and were told can be had, also as Porcupine and Elle read it', async () => {
  const { status, stderr } = await quorate(['sim', '--seed', '1', '--histories', 'out/here'], { directory })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const read = (name: string): string => readFileSync(`${directory}/out/here/1.${name}`, 'utf8')
  const history = decodeHistory(read('history.jsonl'))
  expect(history.length).toBeGreaterThanOrEqual(500)
  expect(checkStore(history).kind).toBe('correct')
  const events = read('porcupine.jsonl')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as { kind: string; id: number })
  // Of every operation one call, and one return behind it.
  for (const kind of ['call', 'return']) {
    const ids = events.filter(event => event.kind === kind).map(({ id }) => id)
    expect(ids.toSorted((a, b) => a - b)).toEqual(history.map((_, i) => i))
  }
  // The one program of transactions that this seed has.
  expect(read('elle-1.edn')).toMatch(
    /^\{:type :invoke, :f :txn, :value \[\[:(append|r) "list\/\d" .*:index 0\}$/m,
  )
  const nowhere = await quorate(['sim', '--seed', '1', '--histories', 'out/here/1.elle-1.edn'], { directory })
  expect(nowhere.status).toBe(1)
  expect(nowhere.stderr).toContain('[QUORATE_SIM_HISTORIES]')
})

test('bare cores have no clients, and so no histories', async () => {
  const { status, stderr } = await quorate(['sim', '--bug', 'commit-by-counting', '--histories', 'out'], {
    directory,
  })
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: expect.stringContaining('[QUORATE_CONFIG_INVALID]'),
  })
})

test('for programs there is a line of JSON for each run, and nothing else', async () => {
  const { status, stdout, stderr } = await quorate(['sim', '--seed', '5', '--seeds', '2', '--json'], {
    directory,
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const lines = stdout
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(lines).toMatchObject([
    { seed: 5, verdict: 'good', problems: [], faults: { B2: 1 } },
    { seed: 6, verdict: 'good', problems: [], faults: { B2: 1 } },
  ])
  for (const { digest, operations, cpuMs } of lines) {
    expect(digest).toMatch(/^[0-9a-f]{8}$/)
    expect(Math.min(operations, cpuMs)).toBeGreaterThan(0)
  }
})

test('a run that fails says how to repeat it, and its scenario is made smaller and saved', async () => {
  writeFileSync(
    `${directory}/lying.json`,
    encodeScenario({ plan: canaryRun(5), verdict: 'good', problems: [] }),
  )
  const failed = await quorate(['sim', '--scenario', 'lying.json'], { directory })
  expect([127, 128, 129]).toContain(failed.status)
  expect(failed.stdout).toContain('repeat it with: quorate sim --scenario lying.json')
  const saved = /repeat it with: quorate sim --scenario (quorate-sim-5\.json)/.exec(failed.stdout)?.[1]
  const smaller = readFileSync(`${directory}/${saved}`, 'utf8')
  expect(smaller.length).toBeLessThan(readFileSync(`${directory}/lying.json`, 'utf8').length)
  // Who keeps it has it as it was, however often it is repeated.
  const again = await quorate(['sim', '--scenario', saved!], { directory })
  expect(again.status).toBe(failed.status)
  expect(again.stdout).not.toContain('smaller')
  expect(readFileSync(`${directory}/${saved}`, 'utf8')).toBe(smaller)
})

test('a bug that is put back is found, and said how to be found again', async () => {
  const line = ['sim', '--bug', 'forward-taken-twice', '--seed', '1', '--seeds', '50']
  const found = await quorate(line, { directory })
  expect(found).toMatchObject({ status: 129, stderr: '' })
  expect(found.stdout).toMatch(/^(commit [0-9a-f]{40}|version \d+\.\d+\.\d+); seeds tried: \d+$/m)
  const again = /repeat it with: quorate (sim --seed \d+ --bug forward-taken-twice)/.exec(found.stdout)?.[1]
  const repeated = await quorate(again!.split(' '), { directory })
  expect(repeated.status).toBe(129)
  expect(repeated.stdout.split('\n').slice(0, 2)).toEqual(found.stdout.split('\n').slice(0, 2))
})

test('whatever becomes of the process that runs a seed, the seed is told', async () => {
  const child = spawn(process.execPath, [QUORATE, 'sim', '--seed', '7', '--seeds', '100000'], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stderr: Buffer[] = []
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk))
  const ended = new Promise<number | null>(resolve => child.once('close', resolve))
  await new Promise<void>(resolve => child.stdout.once('data', () => resolve()))
  const [inside] = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ')
  process.kill(Number(inside), 'SIGKILL')
  expect(await ended).toBe(125)
  const said = Buffer.concat(stderr).toString()
  expect(said).toMatch(/seed \d+ came to no end: .*\[QUORATE_SIM_EXHAUSTED\]/)
  // Nothing was done but in a world of its own.
  expect(said).not.toContain('outcome unknown')
})
