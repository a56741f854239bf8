/** `quorate lab` as a command: what it lists, what it prints, and what it refuses. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { ALGORITHMS } from '../../src/lab/algorithms.ts'
import { quorate } from '../harness/command.ts'

vi.setConfig({ testTimeout: 60_000 })

let directory: string

beforeAll(() => {
  directory = mkdtempSync(`${tmpdir()}/quorate-lab-`)
})

afterAll(() => {
  rmSync(directory, { recursive: true, force: true })
})

const lab = (line: string) => quorate(['lab', ...line.split(' ').filter(word => word !== '')], { directory })

test('without a protocol it lists them, a name and a line each', async () => {
  const { status, stdout, stderr } = await lab('')
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  const lines = stdout.trimEnd().split('\n')
  expect(lines.map(line => line.split(' ')[0])).toEqual(ALGORITHMS.map(({ name }) => name))
  const json = JSON.parse((await lab('--json')).stdout) as { name: string; faults: { name: string }[] }[]
  expect(json.map(({ name }) => name)).toEqual(ALGORITHMS.map(({ name }) => name))
  for (const { faults } of json) expect(faults[0]!.name).toBe('none')
})

test('a run is told, the same to the byte for the same seed, and another for another', async () => {
  const once = await lab('three-phase-commit --fault partition-in-precommit')
  expect({ status: once.status, stderr: once.stderr }).toEqual({ status: 0, stderr: '' })
  expect(once.stdout).toContain('three-phase-commit, 3 nodes, seed 1, fault partition-in-precommit')
  expect(once.stdout).toMatch(/no longer holds: agreement: 1\/1 is aborted at 3, and committed elsewhere/)
  expect(await lab('three-phase-commit --seed 1 --nodes 3 --fault partition-in-precommit')).toEqual(once)
  const raft = await lab('raft --seed 2')
  expect(raft.stdout).not.toBe((await lab('raft --seed 3')).stdout)
})

test('a recording as JSON is one object on one line', async () => {
  const { stdout } = await lab('bully --fault leader-crash --json')
  expect(stdout.trimEnd().split('\n').length).toBe(1)
  const { algorithm, messages, verdicts } = JSON.parse(stdout) as Record<string, unknown[]>
  expect(algorithm).toBe('bully')
  expect(messages!.length).toBeGreaterThan(10)
  expect(verdicts!.length).toBe(3)
})

test('a page is written instead of the transcript, and a page that cannot be written is refused', async () => {
  const { status, stdout } = await lab('raft --html raft.html')
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
  const page = readFileSync(`${directory}/raft.html`, 'utf8')
  expect(page).toMatch(/^<!doctype html>/)
  expect(page.replaceAll(/<[^>]*>/g, '')).toContain('quorate lab raft --nodes 3 --seed 1 --fault none')
  const refused = await lab('raft --html nowhere/raft.html')
  expect({ status: refused.status, stdout: refused.stdout }).toEqual({ status: 1, stdout: '' })
  expect(refused.stderr).toContain('[QUORATE_LAB_FILE]')
})

describe('what makes no sense has status 2, and says what would', () => {
  test.each([
    ['rafd', ALGORITHMS.map(({ name }) => name).join(', ')],
    ['raft --fault gremlins', 'split-vote (two candidates'],
    ['raft --nodes 12', 'raft runs with 1 to 9 nodes, not 12'],
    ['raft --nodes 0', 'raft runs with 1 to 9 nodes, not 0'],
    ['raft --fault split-vote --nodes 3', 'needs 4 nodes, not 3'],
    ['raft --nodes many', 'must be a whole number'],
    ['--fault none', '--fault belongs to a protocol'],
    ['raft paxos', 'too many arguments'],
    ['raft --seeds 5', '--seeds belongs to --check'],
    ['--check raft --seeds 0', '--seeds must be from 1 to 100000, not 0'],
    ['--check raft --fault none', '--check draws its own faults'],
    ['--check', '--check belongs to a protocol'],
  ])('quorate lab %s', async (line, message) => {
    const { status, stdout, stderr } = await lab(line)
    expect(stderr).toContain(message)
    expect(stderr).toContain('[QUORATE_CONFIG_INVALID]')
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  })
})

test('a check says what held in random schedules, and shows what is not promised', async () => {
  const { status, stdout } = await lab('--check three-phase-commit --seed 63 --seeds 5')
  expect(status).toBe(0)
  expect(stdout).toMatch(/agreement +promised +held in all 5 /)
  expect(stdout).toMatch(/agreement +not promised here +did not hold in \d/)
  expect(stdout).toContain('=== agreement: the caller of 2/1 was told commit, and it is aborted')
  const json = JSON.parse((await lab('--check bully --seeds 2 --json')).stdout) as { seeds: number }
  expect(json.seeds).toBe(2)
})
