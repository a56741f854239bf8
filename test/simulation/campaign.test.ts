/** Whole clusters under everything that is drawn for them; any seed that fails, fails here. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import type { ProbeName } from '../../src/core/seams.ts'
import type { ProtocolName } from '../../src/protocols/protocols.ts'
import { canaryRun } from '../../src/sim/museum/canary.ts'
import { runCampaign } from '../../src/sim/run/campaign.ts'
import { findDivergence } from '../../src/sim/run/divergence.ts'
import { REPEAT_EVERY } from '../../src/sim/run/limits.ts'
import { runPlan } from '../../src/sim/run/run.ts'
import { drawRun, type RunPlan } from '../../src/sim/run/run-plan.ts'
import { decodeScenario, encodeScenario } from '../../src/sim/run/scenario-file.ts'
import { shrinkRun } from '../../src/sim/run/shrink-run.ts'
import { QUORATE } from '../harness/cluster.ts'
import { runCommand } from '../harness/command.ts'
import { newestNode } from '../harness/newest-node.ts'

const SEEDS = Number(process.env['QUORATE_CAMPAIGN_SEEDS'] ?? 200)
/** Of these on the Node.js that runs the tests, too. */
const SEEDS_HERE = 4
/** Fewer: what surrounds consensus is the same. */
const SEEDS_WITH_PAXOS = Math.ceil(SEEDS / 10)
const TIMEOUT_MS = 900_000

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

const DIGEST = /^\d+ -> [0-9a-f]{8}$/

/** What `quorate sim` says of so many seeds: what each came to, and everything else. */
async function simulate(
  program: string,
  seeds: number,
  consensus: ProtocolName = 'raft',
): Promise<{ digests: string[]; rest: string[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'quorate-campaign-'))
  const args = [QUORATE, 'sim', '--seed', '1', '--seeds', `${seeds}`, '--consensus', consensus]
  const { status, stdout, stderr } = await runCommand(program, args, { directory })
  rmSync(directory, { recursive: true })
  const lines = stdout.trimEnd().split('\n')
  const rest = lines.filter(line => !DIGEST.test(line))
  expect({ status, stderr }, rest.join('\n')).toEqual({ status: 0, stderr: '' })
  return { digests: lines.filter(line => DIGEST.test(line)), rest }
}

/** The newest Node.js, if it can be had, takes three fifths of the time of Node.js 20. */
test('every seed is good, and the same on another version of Node.js', { timeout: TIMEOUT_MS }, async () => {
  const newest = await newestNode()
  if (newest === undefined) console.warn(`no package has it for ${process.platform} ${process.arch}`)
  const { digests, rest } = await simulate(newest ?? process.execPath, SEEDS)
  process.stdout.write(`${rest.join('\n')}\n`)
  expect(digests).toHaveLength(SEEDS)
  expect(rest[0]).toBe(
    `seeds: ${SEEDS}, of which bad: 0, repeated: ${SEEDS / REPEAT_EVERY}, not the same again: 0`,
  )
  expect((await simulate(process.execPath, SEEDS_HERE)).digests).toEqual(digests.slice(0, SEEDS_HERE))
})

/** What Paxos is known by. No other protocol would meet it. */
const OF_PAXOS: readonly ProbeName[] = [
  'paxos: two proposers competed for promises',
  'paxos: a ballot met a higher one',
  'paxos: a slot was accepted before the one that comes before it',
  'paxos: acceptances came out of order',
  'paxos: a value was recovered',
  'paxos: a gap was filled',
]

test('seeds are good with Multi-Paxos, too, and show that it is that', { timeout: TIMEOUT_MS }, async () => {
  const program = (await newestNode()) ?? process.execPath
  const { digests, rest } = await simulate(program, SEEDS_WITH_PAXOS, 'paxos')
  process.stdout.write(`${rest.join('\n')}\n`)
  expect(digests).toHaveLength(SEEDS_WITH_PAXOS)
  for (const probe of OF_PAXOS) expect(rest, probe).not.toContain(`  ${probe}: never`)
})

describe('a canary: disks that lie about their syncs', { timeout: TIMEOUT_MS }, () => {
  test('are found out', async () => {
    const { bad } = await runCampaign({ seeds: [1, 2, 3, 4], planOf: canaryRun, cpuMs, repeatEvery: 0 })
    expect(bad.length).toBeGreaterThanOrEqual(3)
  })

  test('and what shows it is made smaller, saved, and repeated', async () => {
    const plan = canaryRun(2)
    const result = await runPlan(plan)
    expect(result.verdict).not.toBe('good')
    const shrunk = await shrinkRun(plan, result, { runsMax: 25 })
    expect(shrunk.result.verdict).toBe(result.verdict)
    const steps = ({ workloads }: RunPlan): number =>
      workloads.reduce((sum, each) => sum + each.steps.length, 0)
    expect(steps(shrunk.plan)).toBeLessThan(steps(plan) / 2)
    const { verdict, problems } = shrunk.result
    const saved = decodeScenario(encodeScenario({ plan: shrunk.plan, verdict, problems }))
    expect(isDeepStrictEqual(saved.plan, shrunk.plan)).toBe(true)
    expect((await runPlan(saved.plan)).digest).toBe(shrunk.result.digest)
  })
})

describe('a run', { timeout: TIMEOUT_MS }, () => {
  test('is the same for the same seed, and another for another', async () => {
    const [once, again, other] = [
      await runPlan(drawRun(3)),
      await runPlan(drawRun(3)),
      await runPlan(drawRun(4)),
    ]
    expect(again).toEqual(once)
    expect(other.digest).not.toBe(once.digest)
  })

  test('that is not the same twice is told from its first event that differs', async () => {
    const [plan, different] = [short(drawRun(3)), short(drawRun(4))]
    let asked = 0
    const fickle: RunPlan = {
      ...plan,
      get workloads() {
        return asked++ % 2 === 0 ? plan.workloads : different.workloads
      },
    }
    const { event, one, other } = await findDivergence(3, traced => runPlan(fickle, traced))
    expect(event).toBeGreaterThan(0)
    expect(one).not.toEqual(other)
    const summary = await runCampaign({ seeds: [3], planOf: () => fickle, cpuMs, repeatEvery: 1 })
    expect(summary.divergences).toHaveLength(1)
  })

  test('that runs out of time says so', async () => {
    const result = await runPlan(drawRun(3), { isExhausted: () => true })
    expect(result).toMatchObject({ verdict: 'exhausted', problems: ['no time or no memory is left'] })
  })
})

/** Nothing goes wrong, and little is asked. */
function short(plan: RunPlan): RunPlan {
  const workloads = plan.workloads.map(each => ({ ...each, steps: each.steps.slice(0, 10) }))
  return { ...plan, schedule: [], workloads }
}
