/**
 * What every election here promises, and what none does: called by the tests of each. The world is one in which
 * nothing is late, until it parts.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ByteReader, ByteWriter, DecodeError } from '../core/bytes.ts'
import { formatNodeId, NOBODY, type NodeId } from '../core/ids.ts'
import { CoreWorld } from '../sim/core-world.ts'
import type { Election, ElectionEffect, ElectionProtocol } from './election.ts'

/** Twice the longest way of a message here, and more. */
const ANSWER_MS = 100
const SCHEDULES = 2000

type Leader = Extract<ElectionEffect<unknown>, { readonly kind: 'leader' }>

export class ElectionWorld<Message> {
  readonly world: CoreWorld<never, Message, Leader>
  readonly #elections = new Map<NodeId, Election<Message>>()

  constructor(
    protocol: ElectionProtocol<Message>,
    seed: number,
    nodes: number,
    trace?: (line: string) => void,
    delayUs = { minimumUs: 500, meanUs: 5000 },
  ) {
    this.world = new CoreWorld<never, Message, Leader>({
      seed,
      nodes,
      quality: { delay: delayUs, bytesPerMs: 0 },
      ...(trace && { trace }),
      protocol: {
        create: ({ id, ids }) => {
          const election = protocol.create({ id, members: ids, answerMs: ANSWER_MS })
          this.#elections.set(id, election)
          return election
        },
        encode: protocol.encode,
        decode: protocol.decode,
      },
      perform: (id, { leader }) => {
        trace?.(
          `${formatNodeId(id)} ${leader === NOBODY ? 'knows no leader' : `follows ${formatNodeId(leader)}`}`,
        )
      },
    })
  }

  leaderAt(id: NodeId): NodeId {
    return this.#elections.get(id)!.leader
  }

  get alive(): NodeId[] {
    return this.world.ids.filter(id => this.world.isAlive(id))
  }

  /** Those who think that they lead. */
  get leaders(): NodeId[] {
    return this.alive.filter(id => this.leaderAt(id) === id)
  }

  /** One leader, the highest that lives, and all know it. */
  get isAgreed(): boolean {
    const highest = this.alive.at(-1)
    return this.alive.every(id => this.leaderAt(id) === highest)
  }
}

/** @param settleMs after the last failure; so much the longer a ring takes */
export function electionConformance<Message>(
  protocol: ElectionProtocol<Message>,
  settleMs: number,
  testdata: URL,
): void {
  describe(`${protocol.name} as an election`, () => {
    test(`in ${SCHEDULES} schedules of crashes, nothing late: the highest that lives leads, and all know it`, {
      timeout: 300_000,
    }, () => {
      let elections = 0
      for (let seed = 1; seed <= SCHEDULES; seed++) {
        const one = new ElectionWorld(protocol, seed, 1 + (seed % 6))
        const { world } = one
        const { random, ids } = world
        world.startAll()
        for (let round = 0; round < 4; round++) {
          const id = ids[random.below(ids.length)]!
          if (!world.isAlive(id)) world.start(id)
          else if (one.alive.length > 1) world.crash(id)
          const isQuiet = random.chance(1, 2)
          world.runForMs(isQuiet ? settleMs : random.below(settleMs / 2))
          if (!isQuiet) continue
          // And it stays so.
          for (let look = 0; look < 3; look++) {
            if (!one.isAgreed) throw new Error(`seed ${seed} round ${round}: ${describeAll(one)}`)
            world.runForMs(70)
          }
          elections++
        }
      }
      expect(elections).toBeGreaterThan(SCHEDULES)
    })

    test('comes to one leader again after messages were lost, doubled and late, and networks parted', () => {
      for (let seed = 1; seed <= 200; seed++) {
        const one = new ElectionWorld(protocol, seed, 2 + (seed % 4))
        const { world } = one
        const { random, ids } = world
        world.startAll()
        world.network.faults = {
          lossPerMillion: 200_000,
          duplicatePerMillion: 200_000,
          replayPerMillion: 100_000,
          replayDelayUs: 700_000,
        }
        for (let round = 0; round < 6; round++) {
          const id = ids[random.below(ids.length)]!
          const draw = random.below(4)
          if (draw === 0) world.network.links.isolate(formatNodeId(id))
          else if (draw === 1) world.network.links.healAll()
          else if (!world.isAlive(id)) world.start(id)
          else if (draw === 2) world.pause(id)
          else world.crash(id)
          world.runForMs(random.below(settleMs))
        }
        world.heal()
        world.runForMs(2 * settleMs)
        if (!one.isAgreed) throw new Error(`seed ${seed}: ${describeAll(one)}`)
      }
    })

    test('promises nothing where a network parts: each part has a leader, for as long as that lasts', () => {
      const one = new ElectionWorld(protocol, 1, 5)
      const { world } = one
      world.startAll()
      world.runForMs(settleMs)
      world.network.links.partition([
        ['1', '2', '3'],
        ['4', '5'],
      ])
      world.runForMs(2 * settleMs)
      expect(one.leaders).toEqual([3n, 5n])
      world.runForMs(60_000)
      expect(one.leaders).toEqual([3n, 5n])
      world.heal()
      world.runForMs(2 * settleMs)
      expect(one.leaders).toEqual([5n])
    })

    test('nor where a process pauses: who was replaced meanwhile wakes up as a leader', () => {
      const one = new ElectionWorld(protocol, 1, 3)
      const { world } = one
      world.startAll()
      world.runForMs(settleMs)
      world.pause(3n as NodeId)
      world.runForMs(2 * settleMs)
      expect(one.leaderAt(1n as NodeId)).toBe(2n)
      expect(one.leaders).toEqual([2n, 3n])
    })

    test('ignores strangers', () => {
      const one = protocol.create({ id: 2n as NodeId, members: [1n, 2n] as NodeId[], answerMs: ANSWER_MS })
      const effects: ElectionEffect<Message>[] = []
      one.step(0 as never, [], effects)
      const [said] = effects.filter(effect => effect.kind === 'send')
      const before = one.describe()
      effects.length = 0
      one.step(1 as never, [{ kind: 'receive', from: 9n as NodeId, message: said!.message }], effects)
      expect(effects).toEqual([])
      expect(one.describe()).toBe(before)
    })

    test('a first election, told message by message', () => {
      const lines = [
        `# Four members elect; the highest dies, and comes back (${protocol.name}; messages take 10 ms)`,
      ]
      const isWorth = (line: string): boolean => !/ (coordinator|arrived)\b/.test(line)
      let now = (): number => 0
      const tell = (line: string): void => void (isWorth(line) && lines.push(`  ${now()} ms  ${line}`))
      const one = new ElectionWorld(protocol, 1, 4, tell, { minimumUs: 10_000, meanUs: 0 })
      const { world } = one
      now = () => Math.floor(world.clock.now() / 1000)
      world.startAll()
      world.runForMs(150)
      lines.push('', '## Node 4 dies.')
      world.crash(4n as NodeId)
      world.runForMs(settleMs)
      lines.push('', '## Node 4 comes back.')
      world.start(4n as NodeId)
      world.runForMs(150)
      expect(one.isAgreed).toBe(true)
      const path = new URL('first-election.txt', testdata)
      const told = `${lines.join('\n')}\n`
      if (process.env['UPDATE_GOLDEN']) writeFileSync(path, told)
      expect(told).toBe(readFileSync(path, 'utf8'))
    })

    test('messages made up by anybody are refused with a DecodeError, or understood', () => {
      const soup = fc.tuple(fc.nat({ max: 3 }), fc.uint8Array({ maxLength: 24 }))
      fc.assert(
        fc.property(soup, ([kind, bytes]) => {
          try {
            const from = new ByteReader(Uint8Array.of(1, kind, ...bytes))
            const message = protocol.decode(from)
            const to = new ByteWriter()
            protocol.encode(message, to)
            expect(protocol.decode(new ByteReader(to.finish()))).toEqual(message)
          } catch (error) {
            expect(error).toBeInstanceOf(DecodeError)
          }
        }),
        { numRuns: 500 },
      )
      expect(() => protocol.decode(new ByteReader(Uint8Array.of(1, 3, 1)))).toThrow(DecodeError)
      expect(() =>
        protocol.decode(new ByteReader(Uint8Array.of(2, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0))),
      ).toThrow(DecodeError)
    })
  })
}

function describeAll<Message>(one: ElectionWorld<Message>): string {
  return one.alive.map(id => `${id} ${one.world.core(id).describe()}`).join('; ')
}
