/**
 * A decision that Raft keeps: the register is a replicated log, in which the first entry about a transaction counts.
 * The same nodes run both, and fall and part together.
 */
import { expect, test } from 'vitest'
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import { ProtocolCluster } from '../../sim/protocol-cluster.ts'
import { raft } from '../raft/index.ts'
import type { RaftMessage } from '../raft/message.ts'
import { decodeMessage, encodeMessage } from './commit-codec.ts'
import { CommitWorld } from './commit-world.conformance.ts'
import { type Decision, type TransactionId, transactionName } from './transaction.ts'

class RaftRegister {
  readonly cluster: ProtocolCluster<RaftMessage>
  /** How much of its log each node has looked at, and what it found decided first. */
  readonly #views = new Map<NodeId, { at: number; readonly decisions: Map<string, Decision> }>()

  constructor(seed: number) {
    this.cluster = new ProtocolCluster({
      protocol: raft,
      seed,
      voters: 3,
      electionTimeoutMs: 100,
      heartbeatIntervalMs: 20,
    })
    this.cluster.runForMs(1000)
  }

  propose(id: NodeId, transaction: TransactionId, decision: Decision): void {
    const to = new ByteWriter(32)
    encodeMessage({ kind: 'decision', transaction, decision }, to)
    this.cluster.propose(id, to.finish())
  }

  /** Hands each node what its log has come to say. A node that begins anew reads from the start. */
  tell(one: CommitWorld): void {
    for (const id of this.cluster.alive) {
      const log = this.cluster.applied(id)
      let view = this.#views.get(id)
      if (view === undefined || view.at > log.length)
        this.#views.set(id, (view = { at: 0, decisions: new Map() }))
      for (; view.at < log.length; view.at++) {
        const entry = log[view.at]!
        if (entry.kind !== 'command') continue
        const message = decodeMessage(new ByteReader(entry.data))
        if (message.kind !== 'decision') continue
        const { transaction } = message
        const name = transactionName(transaction)
        if (!view.decisions.has(name)) view.decisions.set(name, message.decision)
        one.world.give(id, { kind: 'decided', transaction, decision: view.decisions.get(name)! })
      }
    }
  }
}

test('with its decision in Raft, a commitment neither blocks nor diverges, whoever falls', () => {
  const seen = { commit: 0, abort: 0 }
  for (let seed = 1; seed <= 30; seed++) {
    const register = new RaftRegister(seed)
    const { cluster } = register
    const one = new CommitWorld({
      flavour: 'replicated',
      seed,
      propose: (id, transaction, decision) => register.propose(id, transaction, decision),
    })
    const { world } = one
    const pass = (milliseconds: number): void => {
      for (let ms = 0; ms < milliseconds; ms += 2) {
        world.runForMs(2)
        cluster.runForMs(2)
        register.tell(one)
      }
    }
    for (let round = 0; round < 4; round++) {
      const coordinator = world.ids[round % 3]!
      const transaction = one.begin(coordinator, world.ids)
      pass(world.random.below(40))
      if (world.random.chance(1, 2)) {
        world.crash(coordinator)
        cluster.crash(coordinator)
      } else
        for (const { links } of [world.network, cluster.network]) links.isolate(formatNodeId(coordinator))
      pass(1500)
      // The other two are a majority: nobody among them waits for the one who is gone.
      for (const id of world.ids.filter(other => other !== coordinator)) {
        expect(one.node(id).uncertain(), `seed ${seed}`).toEqual([])
      }
      world.heal()
      cluster.heal()
      pass(1500)
      const decision = one.decisions.get(transactionName(transaction))
      if (decision !== undefined) seen[decision]++
      expect(world.ids.flatMap(id => one.node(id).uncertain())).toEqual([])
    }
    expect(one.violations).toEqual([])
  }
  expect(seen.commit).toBeGreaterThan(10)
  expect(seen.abort).toBeGreaterThan(10)
})
