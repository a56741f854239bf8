/**
 * Random schedules: what each flavour promises, under the faults that it promises it for. `COMMIT_SEEDS` searches
 * further.
 */
import { describe, expect, test } from 'vitest'
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import type { Random } from '../../core/prng.ts'
import { drawFaults } from '../faults.conformance.ts'
import { CommitWorld, TIMEOUT_MS } from './commit-world.conformance.ts'
import type { Flavour } from './options.ts'
import { type TransactionId, transactionName } from './transaction.ts'

const SEEDS = Number(process.env['COMMIT_SEEDS'] ?? 2000)
const ACTIONS = 14

interface Trouble {
  readonly partitions: boolean
  readonly messages: boolean
  /** Never crashes, and takes part in everything. */
  readonly spared: NodeId | undefined
  readonly restarts: boolean
}

const ANY: Trouble = { partitions: true, messages: true, spared: undefined, restarts: true }
const CRASHES: Trouble = { partitions: false, messages: false, spared: 2n as NodeId, restarts: true }

/** Transactions begin, and things go wrong; gives what was begun. */
function torment(one: CommitWorld, trouble: Trouble): TransactionId[] {
  const { world } = one
  const { random, ids } = world
  const begun: TransactionId[] = []
  if (trouble.messages) world.network.faults = drawFaults(random, 400)
  for (let action = 0; action < ACTIONS; action++) {
    const id = ids[random.below(ids.length)]!
    const draw = random.below(trouble.partitions ? 12 : 9)
    if (draw < 6) {
      if (world.isAlive(id)) begun.push(one.begin(id, drawParticipants(random, ids, trouble.spared)))
    } else if (draw === 6) {
      if (id !== trouble.spared) world.crash(id)
    } else if (draw < 9) {
      if (trouble.restarts && !world.isAlive(id)) world.start(id)
      else if (!world.isAlive(id) || world.isWriting(id)) continue
      else world.compact(id, one.node(id).records())
    } else if (draw === 9) world.network.links.healAll()
    else if (draw === 10) world.network.links.isolate(formatNodeId(id))
    else {
      const cut = 1 + random.below(ids.length - 1)
      world.network.links.partition([ids.slice(0, cut), ids.slice(cut)].map(side => side.map(formatNodeId)))
    }
    world.runForMs(random.below(random.chance(1, 4) ? 5 * TIMEOUT_MS : 12))
  }
  return begun
}

function drawParticipants(random: Random, ids: readonly NodeId[], spared: NodeId | undefined): NodeId[] {
  const drawn = ids.filter(id => id === spared || random.chance(2, 3))
  return drawn.length > 0 ? drawn : [ids[0]!]
}

function run(flavour: Flavour, seed: number, trouble: Trouble): { one: CommitWorld; begun: TransactionId[] } {
  const one = new CommitWorld({ flavour, seed, nodes: 3 + (seed % 3) })
  return { one, begun: torment(one, trouble) }
}

/** When all is well again, all is finished everywhere and alike. */
function settles(one: CommitWorld): boolean {
  one.world.heal()
  for (let round = 0; round < 600 && !one.isSettled; round++) one.world.runForMs(TIMEOUT_MS)
  return one.isSettled
}

function explain(one: CommitWorld, seed: number): string {
  const lines = one.world.ids.map(
    id => `${id} ${one.world.isAlive(id) ? one.world.core(id).describe() : 'down'}`,
  )
  return `seed ${seed}: ${one.violations.join('; ')}\n${lines.join('\n')}`
}

describe('two-phase commit', () => {
  test(`in ${SEEDS} schedules of anything: finishes alike everywhere, and everything once all is well`, {
    timeout: 300_000,
  }, () => {
    const seen = { commit: 0, abort: 0 }
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { one, begun } = run('two-phase', seed, ANY)
      if (!settles(one) || one.violations.length > 0) throw new Error(explain(one, seed))
      for (const transaction of begun) {
        const decision = one.decisions.get(transactionName(transaction))
        if (decision !== undefined) seen[decision]++
      }
    }
    expect(seen.commit).toBeGreaterThan(SEEDS)
    expect(seen.abort).toBeGreaterThan(SEEDS / 2)
  })
})

describe('a decision that a register keeps', () => {
  test(`in ${SEEDS} schedules of anything: finishes alike everywhere, and everything once all is well`, {
    timeout: 300_000,
  }, () => {
    const seen = { commit: 0, abort: 0 }
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { one } = run('replicated', seed, ANY)
      if (!settles(one) || one.violations.length > 0) throw new Error(explain(one, seed))
      for (const decision of one.decisions.values()) seen[decision]++
    }
    expect(seen.commit).toBeGreaterThan(SEEDS)
    expect(seen.abort).toBeGreaterThan(SEEDS / 2)
  })

  test('never blocks: a majority that is left finishes what its coordinator left behind', () => {
    let left = 0
    for (let seed = 1; seed <= 300; seed++) {
      const one = new CommitWorld({ flavour: 'replicated', seed, nodes: 5, votes: () => true })
      const { world } = one
      const transaction = one.begin(world.ids[0]!, world.ids.slice(1))
      world.runForMs(world.random.below(40))
      world.crash(world.ids[0]!)
      const rest = world.ids.slice(1).filter(id => one.node(id).describe().includes('1/1'))
      left += rest.some(id => one.node(id).uncertain().length > 0) ? 1 : 0
      const isDone = world.runUntilTrue(
        () => rest.every(id => one.isFinished(id, transaction)),
        10 * TIMEOUT_MS,
      )
      if (!isDone || one.violations.length > 0) throw new Error(explain(one, seed))
    }
    expect(left).toBeGreaterThan(50)
  })
})

describe('three-phase commit', () => {
  test(`in ${SEEDS} schedules of crashes, nothing late: finishes alike, and never waits for who is down`, {
    timeout: 300_000,
  }, () => {
    let orphans = 0
    for (let seed = 1; seed <= SEEDS; seed++) {
      const { one, begun } = run('three-phase', seed, CRASHES)
      const { world } = one
      world.runForMs(20 * TIMEOUT_MS)
      const spared = CRASHES.spared!
      if (one.node(spared).uncertain().length > 0) throw new Error(`blocked: ${explain(one, seed)}`)
      orphans += begun.some(({ coordinator }) => !world.isAlive(coordinator)) ? 1 : 0
      if (!settles(one) || one.violations.length > 0) throw new Error(explain(one, seed))
    }
    expect(orphans).toBeGreaterThan(SEEDS / 5)
  })

  test('who has been down decides nothing alone: others may have gone on without it', () => {
    const one = new CommitWorld({ flavour: 'three-phase', seed: 1, votes: () => true })
    const { world } = one
    const [coordinator, peer, away] = world.ids as [NodeId, NodeId, NodeId]
    const transaction = one.begin(coordinator, [peer, away])
    expect(world.runUntilTrue(() => one.node(away).uncertain().length > 0, TIMEOUT_MS)).toBe(true)
    world.runForMs(5)
    world.crash(away)
    expect(world.runUntilTrue(() => one.isFinished(peer, transaction), 10 * TIMEOUT_MS)).toBe(true)
    world.crash(coordinator)
    world.crash(peer)
    world.runForMs(TIMEOUT_MS)
    world.start(away)
    world.runForMs(50 * TIMEOUT_MS)
    expect(one.node(away).uncertain()).toEqual([transaction])
    world.start(peer)
    world.runForMs(5 * TIMEOUT_MS)
    expect(one.isFinished(away, transaction)).toBe(true)
    expect(one.violations).toEqual([])
    expect(one.decisions.get(transactionName(transaction))).toBe('commit')
  })

  test('is unsafe where a network parts: some schedules finish one transaction in two ways', () => {
    let broken = 0
    for (let seed = 1; seed <= 400; seed++) {
      const { one } = run('three-phase', seed, { ...ANY, messages: false })
      settles(one)
      if (one.violations.length > 0) broken++
    }
    expect(broken).toBeGreaterThan(0)
  })
})

test('without faults every flavour commits what all voted for, and aborts what one did not', () => {
  for (const flavour of ['two-phase', 'three-phase', 'replicated'] as const) {
    for (const refuses of [undefined, 2n, 3n]) {
      const one = new CommitWorld({ flavour, seed: 1, votes: id => id !== refuses })
      const { world } = one
      const transaction = one.begin(world.ids[0]!, world.ids)
      world.runForMs(3 * TIMEOUT_MS)
      const wanted = refuses === undefined ? 'commit' : 'abort'
      expect(one.outcomes.get(transactionName(transaction))).toBe(wanted)
      expect(one.decisions.get(transactionName(transaction))).toBe(wanted)
      expect(world.ids.every(id => one.isFinished(id, transaction))).toBe(true)
      expect(one.isSettled).toBe(true)
    }
  }
})
