/**
 * Random schedules over a few bare cores: a network that loses, repeats and reorders, links that are cut, slow disks,
 * crashes, disks that are lost, leaders that hand over, members that come and go, and users who propose and read all
 * the time. A referee watches every effect, and every core checks itself; after it all is healed, everything must be
 * answered. `PAXOS_SEEDS` and `PAXOS_FIRST_SEED` search further.
 */
import { describe, expect, test } from 'vitest'
import { type Random, randomFromSeed } from '../../../core/prng.ts'
import { openSeams, type ProbeName } from '../../../core/seams.ts'
import { utf8Bytes } from '../../../core/utf8.ts'
import { CoreTorment, type TormentOptions } from '../../../sim/museum/core-torment.ts'
import { ProtocolCluster } from '../../../sim/protocol-cluster.ts'
import { paxos } from './index.ts'
import type { PaxosMessage } from './message.ts'
import { tightPaxos } from './testing/tight-paxos.ts'

const FIRST = Number(process.env['PAXOS_FIRST_SEED'] ?? 1)
const SEEDS = Number(process.env['PAXOS_SEEDS'] ?? 2000)
const ROUNDS = Number(process.env['PAXOS_ROUNDS'] ?? 20)
const ELECTION_MS = 300
const SETTLE_MS = 30_000

const met = new Map<ProbeName, number>()

describe('any schedule', () => {
  test(`keeps every promise, and is answered when healed (${SEEDS} seeds)`, { timeout: 3_600_000 }, () => {
    for (let seed = FIRST; seed < FIRST + SEEDS; seed++) {
      // Whatever rare way is taken, it is right.
      const chance = randomFromSeed(seed + 1)
      const isBuggy = chance.chance(1, 2)
      const close = openSeams({
        met: probe => met.set(probe, (met.get(probe) ?? 0) + 1),
        takes: () => isBuggy && chance.chance(1, 16),
      })
      try {
        play(randomFromSeed(seed))
      } catch (error) {
        throw new Error(`seed ${seed}: ${error}`, { cause: error })
      } finally {
        close()
      }
    }
    if (process.env['PAXOS_SEEDS']) console.log(new Map([...met].sort(([, a], [, b]) => a - b)))
    for (const name of RARE) expect(met.get(name) ?? 0, `schedules reach: ${name}`).toBeGreaterThan(0)
  })
})

/** What Paxos is known by, and what only happens to those who forgot. */
const RARE: readonly ProbeName[] = [
  'paxos: two proposers competed for promises',
  'paxos: a slot was accepted before the one that comes before it',
  'paxos: acceptances came out of order',
  'paxos: a gap was filled',
  'paxos: a value was recovered',
  'paxos: a promise took more than one page',
  'paxos: a leader had to learn what was chosen',
  'paxos: a leader awaited promises for later slots',
  'paxos: a member that had forgotten takes part again',
]

/** Gaps come about where one proposal arrives and the one before it does not. */
const LOSSY = {
  lossPerMillion: 250_000,
  duplicatePerMillion: 100_000,
  replayPerMillion: 20_000,
  replayDelayUs: 3_000_000,
}

function play(random: Random): void {
  const kind = random.below(3)
  const options: TormentOptions = { changesMembers: kind === 1, losesDisks: kind === 2 }
  const delayUs = [1000, 5000, 30_000][random.below(3)]!
  const cluster = new ProtocolCluster<PaxosMessage>({
    protocol: random.chance(3, 4) ? tightPaxos : paxos,
    seed: random.uint32(),
    voters: kind === 1 ? 2 + random.below(3) : [3, 3, 5][random.below(3)]!,
    learners: kind === 1 ? 1 + random.below(2) : random.below(2),
    electionTimeoutMs: ELECTION_MS,
    heartbeatIntervalMs: 30 + random.below(60),
    quality: { delay: { minimumUs: 200, meanUs: delayUs }, bytesPerMs: 0 },
    ...(random.chance(1, 2) && { faults: LOSSY }),
    diskDelay: { minimumUs: 200, meanUs: [1000, 10_000, 60_000][random.below(3)]! },
    checkpointEntries: [0, 3, 10][random.below(3)]!,
    catchUpEntries: random.below(6),
  })
  const paceMs = Math.ceil((delayUs * [1, 4, 12][random.below(3)]!) / 1000)
  new CoreTorment(cluster, random, paceMs, options).perform(ROUNDS)
  cluster.heal()
  for (let asked = 0; asked < 10; asked++) {
    for (const id of cluster.ids) cluster.propose(id, utf8Bytes(`after all ${asked}`))
    if (cluster.runUntilTrue(() => cluster.referee.unanswered === 0, SETTLE_MS)) return
  }
  const lines = cluster.ids.map(id => cluster.node(id).core.describe())
  throw new Error(`what is asked is not answered:\n${lines.join('\n')}`)
}
