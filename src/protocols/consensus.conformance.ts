/**
 * What every consensus protocol promises (`consensus.ts`), as tests: each protocol runs the same suite, as a
 * cluster of bare cores in virtual time. Most of it is asserted by the cluster's referee at every effect; the
 * tests bring about the situations in which a broken core would give itself away.
 */
import { describe, expect, test } from 'vitest'
import { ByteReader, ByteWriter, DecodeError } from '../core/bytes.ts'
import type { Index, NodeId, ReadId } from '../core/ids.ts'
import { type Random, randomFromSeed } from '../core/prng.ts'
import { utf8Bytes } from '../core/utf8.ts'
import { ProtocolCluster, type ProtocolClusterOptions } from '../sim/protocol-cluster.ts'
import type { ConsensusProtocol } from './consensus.ts'

export interface ConformanceOptions {
  /** The log has one entry: later proposals are refused. */
  readonly decidesOnce?: boolean
  /** How many random runs under faults. */
  readonly seeds?: number
}

const MINUTE_MS = 60_000
const ONE = 1n as NodeId
const TWO = 2n as NodeId
const THREE = 3n as NodeId

export function describeConsensus<Message>(
  protocol: ConsensusProtocol<Message>,
  { decidesOnce = false, seeds = 60 }: ConformanceOptions = {},
): void {
  type Cluster = ProtocolCluster<Message>
  const cluster = (options: Partial<ProtocolClusterOptions<Message>> = {}) =>
    new ProtocolCluster<Message>({ protocol, seed: 1, voters: 3, ...options })

  /** Everything asked for has its answer, and every node has applied what any has committed. */
  const settles = (one: Cluster, withinMs = 10 * MINUTE_MS): boolean =>
    one.runUntilTrue(() => {
      const isApplied = one.alive.every(id => one.applied(id).length === one.referee.committed)
      return isApplied && one.referee.unanswered === 0
    }, withinMs)

  /** Proposes until one gets through; a protocol without a leader yet may refuse or not know. */
  const commitOne = (one: Cluster, at: NodeId, text = 'value'): void => {
    for (let tries = 0; tries < 100; tries++) {
      const id = one.propose(at, utf8Bytes(`${text} ${tries}`))!
      expect(one.runUntilTrue(() => one.referee.fateOf(at, id) !== 'open', 10 * MINUTE_MS)).toBe(true)
      if (one.referee.fateOf(at, id) === 'committed') return
      one.runForMs(100)
    }
    expect.unreachable('a healthy cluster commits')
  }

  const readNow = (one: Cluster, at: NodeId): number => {
    for (let tries = 0; tries < 100; tries++) {
      const id = one.read(at)!
      expect(one.runUntilTrue(() => one.referee.readFate(at, id).fate !== 'open', 10 * MINUTE_MS)).toBe(true)
      const { fate, index } = one.referee.readFate(at, id)
      if (fate === 'readable') return index
      one.runForMs(100)
    }
    return expect.unreachable('a healthy cluster can be read')
  }

  const logOf = (one: Cluster, id: NodeId): string[] =>
    one.applied(id).map(entry => `${entry.index} ${entry.kind} ${entry.origin}/${entry.proposal}`)

  describe(`${protocol.name} as a consensus protocol`, () => {
    test('a proposal at any node is committed, and every node commits the same', () => {
      for (const at of [ONE, TWO, THREE]) {
        const one = cluster()
        commitOne(one, at)
        expect(settles(one)).toBe(true)
        expect(logOf(one, ONE).length).toBeGreaterThan(0)
        expect(logOf(one, TWO)).toEqual(logOf(one, ONE))
        expect(logOf(one, THREE)).toEqual(logOf(one, ONE))
      }
    })

    test('of many proposals everywhere each is answered exactly once', () => {
      const one = cluster({ seed: 2 })
      if (!decidesOnce) commitOne(one, ONE)
      for (let round = 0; round < 30; round++) {
        for (const at of one.ids) one.propose(at, utf8Bytes(`${round}`))
        one.runForMs(50)
      }
      expect(settles(one)).toBe(true)
      const commands = one.applied(ONE).filter(entry => entry.kind === 'command')
      if (decidesOnce) expect(commands.length).toBe(1)
      else expect(commands.length).toBeGreaterThan(30)
    })

    test('a group of one decides alone, once its own disk has the entry', () => {
      const one = cluster({ voters: 1 })
      commitOne(one, ONE)
      const slow = cluster({ voters: 1, diskDelay: { minimumUs: 3_600_000_000, meanUs: 0 } })
      slow.propose(ONE, utf8Bytes('never'))
      slow.runForMs(10 * MINUTE_MS)
      expect(slow.referee.committed).toBe(0)
    })

    test('nothing is committed that is durable nowhere', () => {
      const one = cluster({ diskDelay: { minimumUs: 3_600_000_000, meanUs: 0 } })
      for (const at of one.ids) one.propose(at, utf8Bytes('never'))
      one.runForMs(10 * MINUTE_MS)
      expect(one.referee.committed).toBe(0)
    })

    test('one voter in two or three may be lost, and no more', () => {
      const one = cluster({ seed: 3 })
      one.crash(THREE)
      commitOne(one, ONE)
      one.crash(TWO)
      const committed = one.referee.committed
      one.propose(ONE, utf8Bytes('alone'))
      one.runForMs(10 * MINUTE_MS)
      expect(one.referee.committed).toBe(committed)
    })

    test('what was committed survives the crash of everyone', () => {
      for (let seed = 1; seed <= 10; seed++) {
        const one = cluster({ seed })
        commitOne(one, TWO)
        const committed = one.referee.committed
        for (const id of one.ids) one.crash(id)
        one.heal()
        expect(
          one.runUntilTrue(() => one.ids.every(id => one.applied(id).length >= committed), 10 * MINUTE_MS),
        ).toBe(true)
      }
    })

    test('a node that was away catches up', () => {
      const one = cluster({ seed: 4, checkpointEntries: 5, catchUpEntries: 2 })
      one.crash(THREE)
      for (let round = 0; round < (decidesOnce ? 1 : 40); round++) commitOne(one, ONE, `round ${round}`)
      one.start(THREE)
      expect(settles(one)).toBe(true)
      expect(logOf(one, THREE)).toEqual(logOf(one, ONE))
    })

    test('learners learn, and have no vote', () => {
      const one = cluster({ voters: 1, learners: 2, seed: 5 })
      one.crash(ONE)
      one.propose(TWO, utf8Bytes('by learners'))
      one.runForMs(10 * MINUTE_MS)
      expect(one.referee.committed).toBe(0)
      one.start(ONE)
      commitOne(one, ONE)
      expect(settles(one)).toBe(true)
      expect(one.applied(THREE).length).toBe(one.referee.committed)
    })

    test('a read covers what was committed before it, at every node', () => {
      const one = cluster({ seed: 6 })
      for (const at of one.ids) {
        readNow(one, at)
        if (!decidesOnce || at === ONE) commitOne(one, at)
        for (const reader of one.ids) expect(readNow(one, reader)).toBeGreaterThanOrEqual(1)
      }
    })

    test('a node that can ask nobody answers no read', () => {
      for (const alone of [ONE, TWO, THREE]) {
        const one = cluster({ seed: 7 })
        one.runForMs(20_000)
        one.network.links.isolate(`${alone}`)
        const id = one.read(alone) as ReadId
        one.runForMs(MINUTE_MS)
        expect(one.referee.readFate(alone, id).fate).not.toBe('readable')
        one.heal()
        expect(settles(one)).toBe(true)
      }
    })

    test('a wish for another membership gets an answer', () => {
      const one = cluster({ seed: 8, learners: 1 })
      commitOne(one, ONE)
      const membership = { voters: [ONE, TWO], learners: [THREE, 4n as NodeId] }
      one.reconfigure(ONE, membership, utf8Bytes('context'))
      expect(settles(one)).toBe(true)
    })

    test('the genesis configuration can be read', () => {
      const membership = { voters: [ONE, THREE], learners: [TWO] }
      const read = protocol.readConfiguration(protocol.bootstrap(membership), 0 as Index)
      expect(read.membership).toEqual(membership)
      expect(read.leaving).toBeUndefined()
    })

    test('a core describes itself in one line', () => {
      const one = cluster()
      one.runForMs(MINUTE_MS)
      for (const id of one.ids) expect(one.node(id).core.describe()).not.toMatch(/\n|^$/)
    })

    test('the same seed gives the same trace, to the byte', () => {
      const trace = (seed: number): string => {
        const lines: string[] = []
        const one = cluster({ seed, voters: 5, trace: line => lines.push(line) })
        torment(one, 40)
        return lines.join('\n')
      }
      const first = trace(11)
      expect(trace(11)).toBe(first)
      expect(trace(12)).not.toBe(first)
    })

    test('under any faults nothing untrue is said, and after them everything is answered', () => {
      for (let seed = 1; seed <= seeds; seed++) {
        const voters = 1 + (seed % 5)
        const one = cluster({ seed, voters, learners: seed % 3, ...roughly(seed) })
        torment(one, 60)
        one.heal()
        expect(settles(one), `seed ${seed} settles`).toBe(true)
        if (!decidesOnce) commitOne(one, ONE)
      }
    })

    test('bytes from outside cause nothing but a DecodeError', () => {
      for (const bytes of messagesOf(protocol)) {
        const random = randomFromSeed(bytes.length)
        for (let round = 0; round < 300; round++) expectOnlyDecodeError(protocol, mutate(bytes, random))
        for (let length = 0; length < bytes.length; length++) {
          expectOnlyDecodeError(protocol, bytes.subarray(0, length))
        }
      }
    })

    test('a message decodes to what encodes to the same bytes', () => {
      for (const bytes of messagesOf(protocol)) {
        const writer = new ByteWriter()
        protocol.encode(protocol.decode(new ByteReader(bytes)), writer)
        expect([...writer.finish()]).toEqual([...bytes])
      }
    })
  })
}

/** From a quiet network and a fast disk to ones that are slower than every timeout. */
function roughly(seed: number) {
  const random = randomFromSeed(seed)
  return {
    checkpointEntries: 7,
    catchUpEntries: 3,
    heartbeatIntervalMs: 20,
    electionTimeoutMs: 200,
    diskDelay: { minimumUs: 100, meanUs: random.below(30_000) },
    quality: { delay: { minimumUs: 100, meanUs: random.below(100_000) }, bytesPerMs: 0 },
    faults: {
      lossPerMillion: random.below(200_000),
      duplicatePerMillion: random.below(300_000),
      replayPerMillion: random.below(100_000),
      replayDelayUs: random.below(2_000_000),
    },
  }
}

/** Everything goes wrong for so many rounds, while everybody proposes and reads. */
function torment<Message>(one: ProtocolCluster<Message>, rounds: number): void {
  const { random, network } = one
  const pick = () => one.ids[random.below(one.ids.length)]!
  for (let round = 0; round < rounds; round++) {
    const id = pick()
    switch (random.below(14)) {
      case 0:
        one.crash(id)
        break
      case 1:
      case 2:
        if (!one.node(id).isAlive) one.start(id)
        break
      case 3:
        one.node(id).pause()
        break
      case 4:
        one.node(id).resume()
        break
      case 5:
        network.links.isolate(`${id}`)
        break
      case 6:
        network.links.cutOneWay(`${id}`, `${pick()}`)
        break
      case 7:
        network.links.clog(`${id}`, `${pick()}`, random.below(2_000_000))
        break
      case 8:
        network.links.healAll()
        break
      case 9:
        network.faults = {
          lossPerMillion: random.below(300_000),
          duplicatePerMillion: random.below(300_000),
          replayPerMillion: random.below(100_000),
          replayDelayUs: random.below(20_000_000),
        }
        break
      case 10:
      case 11:
        one.read(id)
        break
      default:
        one.propose(id, utf8Bytes(`round ${round}`))
    }
    one.runForMs(random.below(4) === 0 ? random.below(5000) : random.below(100))
  }
}

/** One message of each beginning that a run under faults brings forth. */
function messagesOf<Message>(protocol: ConsensusProtocol<Message>): Uint8Array[] {
  const samples = new Map<string, Uint8Array>()
  for (let seed = 1; seed <= 5; seed++) {
    const one = new ProtocolCluster<Message>({
      protocol,
      seed,
      voters: 3,
      trace: line => {
        const bytes = / > \S+ ([\d,]+)$/.exec(line)?.[1]?.split(',').map(Number)
        if (bytes === undefined) return
        const kind = `${bytes.slice(0, 3)} ${bytes.length > 40}`
        if (!samples.has(kind)) samples.set(kind, Uint8Array.from(bytes))
      },
    })
    torment(one, 60)
  }
  expect(samples.size).toBeGreaterThan(3)
  return [...samples.values()]
}

function mutate(bytes: Uint8Array, random: Random): Uint8Array {
  const mutated = Uint8Array.from([...bytes, ...bytes.subarray(0, random.below(4))])
  for (let count = 1 + random.below(3); count > 0; count--)
    mutated[random.below(mutated.length)] = random.below(256)
  return mutated
}

function expectOnlyDecodeError<Message>(protocol: ConsensusProtocol<Message>, bytes: Uint8Array): void {
  try {
    protocol.decode(new ByteReader(bytes))
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError)
  }
}
