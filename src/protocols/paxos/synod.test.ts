/**
 * The rules of Paxos Made Simple, each as a test: first of the small modules, then, by random schedules made
 * to hurt, of whole clusters.
 */
import { describe, expect, test } from 'vitest'
import type { Entry } from '../../core/entry.ts'
import type { Ballot, Index, NodeId, ProposalId } from '../../core/ids.ts'
import type { RecoveredLog } from '../../core/log-update.ts'
import { randomFromSeed } from '../../core/prng.ts'
import type { ClusterTime, Instant } from '../../core/time.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { ProtocolCluster } from '../../sim/protocol-cluster.ts'
import type { ConsensusEffect, ConsensusInput } from '../consensus.ts'
import { type Acceptor, accept, NEW_ACCEPTOR, prepare } from './acceptor.ts'
import { nextBallot, seatOf } from './ballot.ts'
import { synod } from './index.ts'
import { Learner } from './learner.ts'
import { SEATS_MAX } from './limits.ts'
import type { SynodMessage } from './message.ts'
import { encodeMembership, encodeMemory } from './message-codec.ts'
import { Attempt, bindingProposal } from './proposer.ts'

const id = (number: number) => BigInt(number) as NodeId
const ballot = (round: number, position = 0) => (round * SEATS_MAX + position) as Ballot

function proposal(number: Ballot, value: string, origin = 1): Entry {
  return {
    index: 1 as Index,
    ballot: number,
    kind: 'command',
    time: 0 as ClusterTime,
    origin: id(origin),
    proposal: 1 as ProposalId,
    data: utf8Bytes(value),
  }
}

describe('the acceptor', () => {
  test('P1: accepts the first proposal that it receives', () => {
    const first = proposal(ballot(7), 'first')
    expect(accept(NEW_ACCEPTOR, first)).toEqual({ promised: ballot(7), accepted: first })
  })

  test('P1a: accepts a proposal unless it has answered a prepare request with a greater number', () => {
    const promised = prepare(NEW_ACCEPTOR, ballot(5))!
    expect(accept(promised, proposal(ballot(4), 'less'))).toBeUndefined()
    expect(accept(promised, proposal(ballot(5), 'equal'))?.accepted).toEqual(proposal(ballot(5), 'equal'))
    expect(accept(promised, proposal(ballot(6), 'greater'))?.promised).toBe(ballot(6))
  })

  test('promises only ever more, and tells what it has accepted', () => {
    const accepted = proposal(ballot(3), 'v')
    const acceptor: Acceptor = { promised: ballot(5), accepted }
    expect(prepare(acceptor, ballot(4))).toBeUndefined()
    expect(prepare(acceptor, ballot(6))).toEqual({ promised: ballot(6), accepted })
  })

  test('answers a request that comes twice with the same words, or not at all', () => {
    const promised = prepare(NEW_ACCEPTOR, ballot(5))!
    expect(prepare(promised, ballot(5))).toEqual(promised)
    const accepted = accept(promised, proposal(ballot(5), 'v'))!
    expect(prepare(accepted, ballot(5))).toBeUndefined()
  })
})

describe('the proposer', () => {
  test('P2c (a): proposes its own value if no acceptor of a majority has accepted any', () => {
    const attempt = new Attempt(ballot(5), 3)
    expect(attempt.promised(id(1), undefined)).toBe(false)
    expect(attempt.promised(id(2), undefined)).toBe(true)
    // An answer that comes twice completes nothing again.
    expect(attempt.promised(id(2), undefined)).toBe(false)
    expect(attempt.issue(proposal(0 as Ballot, 'own'))).toEqual(proposal(ballot(5), 'own'))
  })

  test('P2c (b): proposes the value of the highest-numbered proposal that a majority has accepted', () => {
    const attempt = new Attempt(ballot(9), 5)
    attempt.promised(id(1), proposal(ballot(3), 'three'))
    attempt.promised(id(2), proposal(ballot(7), 'seven'))
    attempt.promised(id(3), proposal(ballot(5), 'five'))
    expect(attempt.issue(proposal(0 as Ballot, 'own'))).toEqual(proposal(ballot(9), 'seven'))
    const orders = [
      [3, 7, 5],
      [7, 5, 3],
      [5, 3, 7],
    ]
    for (const order of orders) {
      expect(bindingProposal(order.map(round => proposal(ballot(round), 'v')))?.ballot).toBe(ballot(7))
    }
  })

  test('proposes nothing if nothing binds it and it has no value of its own', () => {
    const attempt = new Attempt(ballot(5), 1)
    attempt.promised(id(1), undefined)
    expect(attempt.issue(undefined)).toBeUndefined()
  })

  test('counts acceptors, not messages, and issues one proposal on the promises of a majority', () => {
    const attempt = new Attempt(ballot(5), 3)
    expect(attempt.promised(id(1), undefined)).toBe(false)
    expect(attempt.promised(id(1), undefined)).toBe(false)
    expect(() => attempt.issue(proposal(0 as Ballot, 'own'))).toThrow('majority')
    expect(attempt.promised(id(2), undefined)).toBe(true)
    expect(attempt.promised(id(3), undefined)).toBe(false)
    attempt.issue(proposal(0 as Ballot, 'own'))
    expect(() => attempt.issue(proposal(0 as Ballot, 'other'))).toThrow('one number, one proposal')
  })

  test('never uses a number that another proposer uses', () => {
    const used = new Set<number>()
    for (let position = 0; position < 5; position++) {
      for (let number = 0 as Ballot; number < ballot(50); ) {
        const next = nextBallot(number, position)
        expect(next).toBeGreaterThan(number)
        expect(seatOf(next)).toBe(position)
        expect(used.has(next)).toBe(false)
        used.add(next)
        number = next
      }
    }
  })
})

describe('the learner', () => {
  test('knows that a value is chosen once a majority has accepted one proposal', () => {
    const learner = new Learner(3)
    const chosen = proposal(ballot(5), 'v')
    expect(learner.accepted(id(1), chosen)).toBeUndefined()
    expect(learner.accepted(id(1), chosen)).toBeUndefined()
    expect(learner.accepted(id(2), chosen)).toEqual(chosen)
  })

  test('does not add up different proposals', () => {
    const learner = new Learner(3)
    expect(learner.accepted(id(1), proposal(ballot(5), 'v'))).toBeUndefined()
    expect(learner.accepted(id(2), proposal(ballot(6), 'w'))).toBeUndefined()
    expect(learner.accepted(id(3), proposal(ballot(7), 'v'))).toBeUndefined()
  })

  test('is not led back by messages that come late', () => {
    const learner = new Learner(3)
    learner.accepted(id(1), proposal(ballot(6), 'w'))
    learner.accepted(id(1), proposal(ballot(5), 'v'))
    expect(learner.accepted(id(2), proposal(ballot(6), 'w'))).toBeDefined()
  })
})

/** One core, stepped by hand; nodes 1, 2 and 3 vote. */
function core(recovered: Partial<RecoveredLog> = {}, number = 1) {
  const configuration = encodeMembership({ voters: [id(1), id(2), id(3)], learners: [id(4)] })
  const made = synod.create({
    id: id(number),
    random: randomFromSeed(1),
    recovered: { promise: undefined, base: undefined, entries: [], doubt: 'none', ...recovered },
    applied: { index: 0 as Index, ballot: 0 as Ballot, time: 0 as ClusterTime, configuration },
    heartbeatIntervalMs: 100,
    electionTimeoutMs: 1000,
    catchUpEntries: 0,
  })
  const step = (...inputs: ConsensusInput<SynodMessage>[]) => {
    const out: ConsensusEffect<SynodMessage>[] = []
    made.step(1_000_000 as Instant, inputs, out)
    made.check()
    return out
  }
  const receive = (from: number, message: SynodMessage) => step({ kind: 'receive', from: id(from), message })
  return { made, step, receive }
}

function kinds(out: readonly ConsensusEffect<SynodMessage>[]): string[] {
  return out.map(effect => (effect.kind === 'send' ? `${effect.message.kind} to ${effect.to}` : effect.kind))
}

describe('a node', () => {
  test('makes a promise durable before it answers (§2.5)', () => {
    const { receive } = core()
    const out = receive(2, { kind: 'prepare', ballot: ballot(1, 1) })
    const persist = out.find(effect => effect.kind === 'persist')!
    const promise = out.find(effect => effect.kind === 'send')!
    expect(promise).toMatchObject({ to: id(2), message: { kind: 'promise' }, after: persist.token })
    const again = receive(2, { kind: 'prepare', ballot: ballot(1, 1) })
    expect(again).toMatchObject([{ kind: 'send', after: persist.token }])
  })

  test('makes what it accepts durable before it says so, to every learner', () => {
    const { receive } = core()
    const out = receive(2, { kind: 'accept', proposal: proposal(ballot(1, 1), 'v', 2) })
    const persist = out.find(effect => effect.kind === 'persist')!
    expect(persist.update.writes).toEqual([proposal(ballot(1, 1), 'v', 2)])
    const sends = out.filter(effect => effect.kind === 'send')
    expect(sends.map(send => send.to)).toEqual([id(2), id(3), id(4)])
    for (const send of sends) expect(send.after).toBe(persist.token)
  })

  test('makes a number durable before its first use, so that a restart never uses it again', () => {
    const { step, made } = core()
    const out = step({ kind: 'propose', proposals: [{ id: 1 as ProposalId, command: utf8Bytes('v') }] })
    const persist = out.find(effect => effect.kind === 'persist')!
    expect(kinds(out)).toEqual(['membership', 'persist', 'prepare to 2', 'prepare to 3', 'role'])
    for (const effect of out) if (effect.kind === 'send') expect(effect.after).toBe(persist.token)
    const used = made.status().ballot
    const second = core({ promise: persist.update.promise })
    second.step({ kind: 'propose', proposals: [{ id: 2 as ProposalId, command: utf8Bytes('w') }] })
    expect(second.made.status().ballot).toBeGreaterThan(used)
  })

  test('counts its own vote only once it is durable', () => {
    const { step, receive } = core()
    const asked = step({ kind: 'propose', proposals: [{ id: 1 as ProposalId, command: utf8Bytes('v') }] })
    const number = asked.find(effect => effect.kind === 'role')!.ballot
    expect(kinds(receive(2, { kind: 'promise', ballot: number, accepted: undefined }))).toEqual([])
    const token = asked.find(effect => effect.kind === 'persist')!.token
    expect(kinds(step({ kind: 'persisted', token }))).toContain('accept to 3')
  })

  test('commits what is chosen only once it is durable here', () => {
    const { step, receive } = core()
    const chosen = proposal(ballot(1, 1), 'v', 2)
    receive(2, { kind: 'accepted', proposal: chosen })
    const out = receive(3, { kind: 'accepted', proposal: chosen })
    const persist = out.find(effect => effect.kind === 'persist')!
    expect(kinds(out)).not.toContain('committed')
    expect(step({ kind: 'persisted', token: persist.token })).toContainEqual({
      kind: 'committed',
      entries: [chosen],
      awaited: false,
    })
  })

  test('keeps its promise through a crash, and knows a decision again', () => {
    const memory = { promised: ballot(9), isDecided: false, isSilenced: false }
    const { receive } = core({ promise: encodeMemory(memory) })
    expect(kinds(receive(2, { kind: 'accept', proposal: proposal(ballot(8), 'v') }))).toContain(
      'rejected to 2',
    )
    const chosen = proposal(ballot(8), 'v')
    const decided = core({ promise: encodeMemory({ ...memory, isDecided: true }), entries: [chosen] })
    expect(decided.step()).toContainEqual({ kind: 'committed', entries: [chosen], awaited: false })
  })

  test('never votes again once its log may have lost what it acknowledged', () => {
    const { step, receive } = core({ doubt: 'tail' })
    const memory = step().find(effect => effect.kind === 'persist')!.update.promise
    expect(receive(2, { kind: 'prepare', ballot: ballot(1, 1) })).toEqual([])
    expect(receive(2, { kind: 'accept', proposal: proposal(ballot(1, 1), 'v') })).toEqual([])
    const restarted = core({ promise: memory })
    restarted.step()
    expect(restarted.receive(2, { kind: 'prepare', ballot: ballot(1, 1) })).toEqual([])
  })

  test('listens to members only, and counts votes of voters only', () => {
    const { receive } = core()
    expect(kinds(receive(9, { kind: 'prepare', ballot: ballot(1, 1) }))).toEqual(['membership', 'role'])
    const chosen = proposal(ballot(1, 1), 'v', 2)
    receive(4, { kind: 'accepted', proposal: chosen })
    expect(kinds(receive(2, { kind: 'accepted', proposal: chosen }))).toEqual([])
  })

  test('refuses a second proposal at once, and the first when another value is chosen', () => {
    const { step, receive } = core()
    const propose = (number: number) =>
      step({ kind: 'propose', proposals: [{ id: number as ProposalId, command: utf8Bytes('v') }] })
    propose(1)
    expect(propose(2)).toContainEqual({ kind: 'dropped', ids: [2], outcome: 'refused' })
    const out = receive(2, { kind: 'chosen', proposal: proposal(ballot(5, 1), 'w', 2) })
    expect(out).toContainEqual({ kind: 'dropped', ids: [1], outcome: 'refused' })
    expect(propose(3)).toContainEqual({ kind: 'dropped', ids: [3], outcome: 'refused' })
  })

  test('refuses a new membership', () => {
    const membership = { voters: [id(1)], learners: [] }
    const out = core().step({ kind: 'reconfigure', id: 7 as ProposalId, membership, context: utf8Bytes('') })
    expect(out).toContainEqual({ kind: 'dropped', ids: [7], outcome: 'refused' })
  })
})

/** Duels, crashes and lost messages from the first moment on, with delays as long as the timeouts. */
function turmoil(seed: number): ProtocolCluster<SynodMessage> {
  const random = randomFromSeed(seed)
  const one = new ProtocolCluster<SynodMessage>({
    protocol: synod,
    seed,
    voters: 2 + random.below(4),
    learners: random.below(2),
    heartbeatIntervalMs: 5,
    electionTimeoutMs: 20 + random.below(60),
    diskDelay: { minimumUs: 10, meanUs: random.below(20_000) },
    quality: { delay: { minimumUs: 10, meanUs: 1000 + random.below(30_000) }, bytesPerMs: 0 },
    faults: {
      lossPerMillion: random.below(500_000),
      duplicatePerMillion: random.below(400_000),
      replayPerMillion: random.below(200_000),
      replayDelayUs: random.below(300_000),
    },
  })
  for (let round = 0; round < 60; round++) {
    const at = one.ids[random.below(one.ids.length)]!
    const choice = random.below(10)
    if (choice < 4) one.propose(at, utf8Bytes(`value ${round}`))
    else if (choice === 4) one.read(at)
    else if (choice === 5) one.crash(at)
    else if (choice < 8 && !one.node(at).isAlive) one.start(at)
    else if (choice === 8) one.network.links.cutOneWay(`${at}`, `${one.ids[random.below(one.ids.length)]}`)
    else if (choice === 9 && random.chance(1, 3)) one.network.links.healAll()
    one.runForMs(random.below(15))
  }
  return one
}

describe('the Synod', () => {
  test('P2: whatever happens at most one value is chosen, a proposed one, and in the end everyone learns it', () => {
    for (let seed = 1; seed <= 400; seed++) {
      const one = turmoil(seed)
      one.heal()
      one.propose(id(1), utf8Bytes('at last'))
      const isLearned = () =>
        one.ids.every(at => one.applied(at).length === 1) && one.referee.unanswered === 0
      expect(one.runUntilTrue(isLearned, 60_000), `seed ${seed}`).toBe(true)
    }
  })

  test('two proposers that duel back off until one gets through', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const one = new ProtocolCluster<SynodMessage>({ protocol: synod, seed, voters: 5 })
      for (const at of one.ids) one.propose(at, utf8Bytes(`by ${at}`))
      expect(
        one.runUntilTrue(() => one.referee.unanswered === 0, 10_000),
        `seed ${seed}`,
      ).toBe(true)
    }
  })

  test('who accepted a value finds out what became of it, if its proposer never speaks again', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const one = new ProtocolCluster<SynodMessage>({ protocol: synod, seed, voters: 3 })
      one.network.links.isolate('3')
      one.propose(id(1), utf8Bytes('last will'))
      expect(one.runUntilTrue(() => one.status(id(2)).lastIndex === 1, 1000)).toBe(true)
      one.network.links.isolate('1')
      one.network.links.heal('2', '3')
      const isLearned = () => [id(2), id(3)].every(at => one.applied(at).length === 1)
      expect(one.runUntilTrue(isLearned, 60_000), `seed ${seed}`).toBe(true)
    }
  })

  test('a read of an undecided cluster says that nothing was chosen, and one of a decided node is immediate', () => {
    const one = new ProtocolCluster<SynodMessage>({ protocol: synod, seed: 1, voters: 3 })
    const early = one.read(id(2))!
    one.runForMs(1000)
    expect(one.referee.readFate(id(2), early)).toMatchObject({ fate: 'readable', index: 0 })
    one.propose(id(1), utf8Bytes('v'))
    one.runForMs(5000)
    one.network.links.isolate('3')
    const late = one.read(id(3))!
    one.runForMs(0)
    expect(one.referee.readFate(id(3), late)).toMatchObject({ fate: 'readable', index: 1 })
  })

  test('a decided cluster comes to rest', () => {
    const one = new ProtocolCluster<SynodMessage>({ protocol: synod, seed: 1, voters: 3, learners: 1 })
    one.propose(id(1), utf8Bytes('v'))
    one.runForMs(600_000)
    const steps = one.clock.steps
    one.runForMs(3_600_000)
    expect(one.clock.steps).toBe(steps)
  })
})
