/**
 * What a command costs, and how long nobody leads, with Raft and with Multi-Paxos: bare cores on the simulator's
 * network, so that the same figures come out everywhere. `npx tsx bench/consensus.ts`
 */
import type { NodeId } from '../src/core/ids.ts'
import { utf8Bytes } from '../src/core/utf8.ts'
import type { ConsensusProtocol } from '../src/protocols/consensus.ts'
import { PROTOCOL_NAMES, protocolNamed } from '../src/protocols/protocols.ts'
import { nodeName, ProtocolCluster, type ProtocolClusterOptions } from '../src/sim/protocol-cluster.ts'

const COMMANDS = 500
/** Under way at once, more than Multi-Paxos opens slots (alpha). */
const COMMANDS_AT_ONCE = 2000
const SLOW_LINK_US = 25_000
const VALUE = 'x'.repeat(100)
const CRASHES = 40
const DISK = { minimumUs: 1000, meanUs: 0 }
const LINK = { delay: { minimumUs: 500, meanUs: 0 }, bytesPerMs: 0 }

type Options = Partial<ProtocolClusterOptions<unknown>>

const FIVE: Options = { voters: 5 }
const SLOW: Options = { quality: { delay: { minimumUs: SLOW_LINK_US, meanUs: 0 }, bytesPerMs: 0 } }

function clusterOf(protocol: ConsensusProtocol<unknown>, options: Options): ProtocolCluster<unknown> {
  const cluster = new ProtocolCluster<unknown>({
    protocol,
    seed: 1,
    voters: 3,
    diskDelay: DISK,
    quality: LINK,
    ...options,
  })
  cluster.runUntilTrue(() => leaderOf(cluster) !== undefined, 60_000)
  cluster.runForMs(1000)
  return cluster
}

function leaderOf(cluster: ProtocolCluster<unknown>): NodeId | undefined {
  return cluster.alive.find(id => cluster.status(id).role === 'leader')
}

/** One command after the other at the leader: messages, bytes, writes and milliseconds for each. */
function costs(
  protocol: ConsensusProtocol<unknown>,
  batch: number,
  slow?: (cluster: ProtocolCluster<unknown>) => void,
  options: Options = {},
) {
  let [messages, bytes] = [0, 0]
  const cluster = clusterOf(protocol, {
    ...options,
    trace: line => {
      const sent = / > \S+ ([\d,]+)$/.exec(line)?.[1]
      if (sent === undefined) return
      messages++
      bytes += sent.split(',').length
    },
  })
  slow?.(cluster)
  const leader = leaderOf(cluster)!
  const writesOf = () => cluster.ids.reduce((sum, id) => sum + cluster.node(id).log.writes, 0)
  const [before, start] = [writesOf(), cluster.clock.now()]
  messages = bytes = 0
  for (let i = 0; i < COMMANDS / batch; i++) {
    const ids = Array.from({ length: batch }, () => cluster.propose(leader, utf8Bytes(VALUE))!)
    cluster.runUntilTrue(() => cluster.referee.fateOf(leader, ids.at(-1)!) === 'committed', 60_000)
  }
  const ms = (cluster.clock.now() - start) / 1000
  const each = (value: number) => (value / COMMANDS).toFixed(2)
  return { messages: each(messages), bytes: each(bytes), writes: each(writesOf() - before), ms: each(ms) }
}

/** Milliseconds until a burst is committed: what a protocol has under way at most decides, where messages take long. */
function burstMs(protocol: ConsensusProtocol<unknown>, options: Options): number {
  const cluster = clusterOf(protocol, options)
  const leader = leaderOf(cluster)!
  const start = cluster.clock.now()
  const ids = Array.from({ length: COMMANDS_AT_ONCE }, () => cluster.propose(leader, utf8Bytes(VALUE))!)
  cluster.runUntilTrue(() => cluster.referee.fateOf(leader, ids.at(-1)!) === 'committed', 60_000)
  return Math.round((cluster.clock.now() - start) / 1000)
}

/** A minority of five comes back after so many commands: milliseconds until it has them all. */
function catchUpMs(protocol: ConsensusProtocol<unknown>): number {
  const cluster = clusterOf(protocol, FIVE)
  const lost = followersOf(cluster).slice(0, 2)
  for (const id of lost) cluster.crash(id)
  const leader = leaderOf(cluster)!
  for (let i = 0; i < COMMANDS; i++) {
    const id = cluster.propose(leader, utf8Bytes(VALUE))!
    cluster.runUntilTrue(() => cluster.referee.fateOf(leader, id) === 'committed', 60_000)
  }
  const start = cluster.clock.now()
  for (const id of lost) cluster.start(id)
  const { commitIndex } = cluster.status(leader)
  cluster.runUntilTrue(() => lost.every(id => cluster.status(id).commitIndex >= commitIndex), 60_000)
  return Math.round((cluster.clock.now() - start) / 1000)
}

/** The leader is cut off with one other of five: milliseconds until one of the three leads, medians. */
function cutOffMs(protocol: ConsensusProtocol<unknown>): number {
  const times: number[] = []
  for (let seed = 1; seed <= CRASHES; seed++) {
    const cluster = clusterOf(protocol, { ...FIVE, seed })
    const leader = leaderOf(cluster)!
    const [partner, ...rest] = followersOf(cluster)
    cluster.network.links.partition([[leader, partner!].map(nodeName), rest.map(nodeName)])
    const start = cluster.clock.now()
    cluster.runUntilTrue(() => rest.some(id => cluster.status(id).role === 'leader'), 60_000)
    times.push((cluster.clock.now() - start) / 1000)
  }
  return times.toSorted((a, b) => a - b)[CRASHES / 2]!
}

/** From a crash of the leader to the next one, without and with the news of a broken connection: medians. */
function leaderless(protocol: ConsensusProtocol<unknown>, isTold: boolean): number {
  const times: number[] = []
  for (let seed = 1; seed <= CRASHES; seed++) {
    const cluster = clusterOf(protocol, { seed })
    const leader = leaderOf(cluster)!
    cluster.crash(leader)
    const start = cluster.clock.now()
    // What was on its way is there before the connection is known to be broken.
    cluster.runForMs(2)
    if (isTold) for (const id of cluster.alive) cluster.node(id).give({ kind: 'linkLost', peer: leader })
    cluster.runUntilTrue(() => leaderOf(cluster) !== undefined, 60_000)
    times.push((cluster.clock.now() - start) / 1000)
  }
  return times.toSorted((a, b) => a - b)[CRASHES / 2]!
}

function followersOf(cluster: ProtocolCluster<unknown>): readonly NodeId[] {
  return cluster.alive.filter(id => cluster.status(id).role !== 'leader')
}

const slowFollower = (cluster: ProtocolCluster<unknown>): void => {
  cluster.node(followersOf(cluster)[0]!).log.delay = { minimumUs: 50_000, meanUs: 0 }
}
const lostFollower = (cluster: ProtocolCluster<unknown>): void => {
  cluster.crash(followersOf(cluster)[0]!)
}
const lostMinority = (cluster: ProtocolCluster<unknown>): void => {
  for (const id of followersOf(cluster).slice(0, 2)) cluster.crash(id)
}
const slowLink = (cluster: ProtocolCluster<unknown>): void => {
  const [leader, follower] = [leaderOf(cluster)!, followersOf(cluster)[0]!].map(nodeName)
  cluster.network.links.clog(leader!, follower!, SLOW_LINK_US)
  cluster.network.links.clog(follower!, leader!, SLOW_LINK_US)
}
const slowLeader = (cluster: ProtocolCluster<unknown>): void => {
  cluster.node(leaderOf(cluster)!).log.delay = { minimumUs: 50_000, meanUs: 0 }
}

for (const name of PROTOCOL_NAMES) {
  const protocol = protocolNamed(name)
  console.log(name)
  console.log('  one after the other', costs(protocol, 1))
  console.log('  fifty at a time    ', costs(protocol, 50))
  console.log('  a follower is slow ', costs(protocol, 1, slowFollower))
  console.log('  the leader is slow ', costs(protocol, 1, slowLeader))
  console.log('  a follower is lost ', costs(protocol, 1, lostFollower))
  console.log('  a link is slow     ', costs(protocol, 1, slowLink))
  console.log('  all links are slow ', costs(protocol, 1, undefined, SLOW))
  console.log(
    `  ${COMMANDS_AT_ONCE} at once         `,
    burstMs(protocol, {}),
    'ms, slow links',
    burstMs(protocol, SLOW),
    'ms',
  )
  console.log('  five members       ', costs(protocol, 1, undefined, FIVE))
  console.log('  two of five lost   ', costs(protocol, 1, lostMinority, FIVE))
  console.log(
    '  ms until they are back',
    catchUpMs(protocol),
    'ms until three of five lead',
    cutOffMs(protocol),
  )
  console.log(
    '  ms without a leader',
    leaderless(protocol, false),
    'told of the broken link',
    leaderless(protocol, true),
  )
}
