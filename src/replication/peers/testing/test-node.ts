/** Nodes for the tests of the transport: each remembers what it was told. */
import { assert } from '../../../core/assert.ts'
import { ByteReader } from '../../../core/bytes.ts'
import { crc32c } from '../../../core/crc32c.ts'
import type { GroupId, NodeId } from '../../../core/ids.ts'
import type { Random } from '../../../core/prng.ts'
import { addMs, type Instant } from '../../../core/time.ts'
import type { Clock } from '../../../runtime/clock.ts'
import type { LogFields, Logger } from '../../../runtime/logger.ts'
import type { Network } from '../../../runtime/network.ts'
import type { PeerHandlers } from '../context.ts'
import { Peers, type PeersOptions } from '../peers.ts'

/** What the tests need of the simulator, which stands on a higher floor. */
export interface TestWorld {
  readonly clock: {
    now(): Instant
    runFor(microseconds: number): void
    runUntilTrue(condition: () => boolean, limit: Instant): boolean
  }
  start(name: string): { readonly clock: Clock; readonly network: Network; readonly random: Random }
}

export const GROUP = 7 as GroupId
export const CLUSTER = 0xc1n
export const PORT = 2380

export interface Received {
  readonly at: Instant
  readonly from: NodeId
  readonly group: GroupId
  readonly number: number
  readonly size: number
}

/** One node of a simulated cluster: its transport, and everything that it was told. */
export class TestNode {
  readonly messages: Received[] = []
  readonly snapshots: Received[] = []
  readonly events: string[] = []
  readonly eventTimes: Instant[] = []
  readonly codes: string[] = []
  takesSnapshots = true
  readonly peers: Peers

  constructor(world: TestWorld, name: string, id: bigint, options: Partial<PeersOptions> = {}) {
    const node = world.start(name)
    const note = (event: string): void => {
      this.events.push(event)
      this.eventTimes.push(world.clock.now())
    }
    const read = (from: NodeId, group: GroupId, payload: Uint8Array): Received => {
      const number = new ByteReader(payload).u32()
      return { at: world.clock.now(), from, group, number, size: payload.length }
    }
    const handlers: PeerHandlers = {
      message: (from, group, payload) => this.messages.push(read(from, group, payload)),
      snapshot: (from, group, payload) => {
        this.snapshots.push(read(from, group, payload))
        return this.takesSnapshots
      },
      bulkReady: peer => note(`bulkReady ${peer}`),
      linkUp: peer => note(`up ${peer}`),
      linkLost: peer => note(`lost ${peer}`),
      removed: by => note(`removed by ${by}`),
    }
    this.peers = new Peers({
      id: id as NodeId,
      cluster: CLUSTER,
      consensus: 'raft',
      listen: { host: name, port: PORT },
      runtime: {
        clock: node.clock,
        network: node.network,
        random: node.random,
        checksum: crc32c,
        log: this.#log(),
      },
      handlers,
      ...options,
    })
  }

  #log(): Logger {
    const log: Logger = {
      debug() {},
      info() {},
      warn: (_message, fields?: LogFields) => this.codes.push(String(fields?.['code'])),
      error() {},
      child: () => log,
    }
    return log
  }

  send(to: bigint, lane: 'prompt' | 'data', number: number, size = 4): void {
    this.peers.send(to as NodeId, lane, GROUP, writer => {
      writer.u32(number)
      writer.bytes(new Uint8Array(size - 4))
    })
  }

  sendSnapshot(to: bigint, number: number, size: number): boolean {
    return this.peers.sendSnapshot(to as NodeId, GROUP, writer => {
      writer.u32(number)
      writer.bytes(new Uint8Array(size - 4))
    })
  }

  numbers(): number[] {
    return this.messages.map(message => message.number)
  }
}

export const NAMES = ['a', 'b', 'c'] as const

/** The node of that index in a cluster of `count`, started and introduced to the others. */
export function startNode(
  world: TestWorld,
  index: number,
  count: number,
  options: Partial<PeersOptions> = {},
): TestNode {
  const node = new TestNode(world, NAMES[index]!, BigInt(index + 1), options)
  for (let other = 0; other < count; other++) {
    node.peers.set(BigInt(other + 1) as NodeId, [{ host: NAMES[other]!, port: PORT }])
  }
  node.peers.start(error => assert(error === null, 'the address is free'))
  return node
}

/** Lets the world go on until the condition holds. */
export function until(world: TestWorld, condition: () => boolean, limitMs = 20_000): void {
  const reached = world.clock.runUntilTrue(condition, addMs(world.clock.now(), limitMs))
  assert(reached, 'it happens in time')
}

/** Two nodes, connected both ways. */
export function pair<W extends TestWorld>(
  world: W,
  options: Partial<PeersOptions> = {},
): { world: W; a: TestNode; b: TestNode } {
  const [a, b] = [startNode(world, 0, 2, options), startNode(world, 1, 2, options)]
  until(world, () => a.events.includes('up 2') && b.events.includes('up 1'))
  // Its bulk lane may take a moment longer.
  world.clock.runFor(50_000)
  return { world, a, b }
}
