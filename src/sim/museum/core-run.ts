/**
 * A run of bare protocol cores: a cluster without disks, stores and connections (`protocol-cluster.ts`), tormented for
 * a while, and then healed; then broken apart, but for a quorum. The referee throws as soon as a promise is broken, and
 * every core checks itself after every step. Here are hunted bugs of protocols that no node runs yet, and those whose
 * situation whole nodes meet too seldom: more than ten of these runs take the time of one of the others.
 */
import type { NodeId, ProposalId } from '../../core/ids.ts'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import type { ConsensusProtocol } from '../../protocols/consensus.ts'
import { drawBetween, drawMagnitude, drawOne, drawSome } from '../faults/draws.ts'
import type { Link } from '../links.ts'
import { UNRULY } from '../message-network.ts'
import { nodeName, ProtocolCluster } from '../protocol-cluster.ts'
import { promised } from '../protocol-referee.ts'
import { CoreTorment } from './core-torment.ts'
import {
  CORE_CLOG_US,
  CORE_CLUSTERS_SHORT,
  CORE_DELAY_US,
  CORE_DISK_DELAY_US,
  CORE_ELECTION_MS,
  CORE_ELECTIONS_MAX,
  CORE_PACES,
  CORE_PATIENCE_MS,
  CORE_REST_LOOKS,
  CORE_ROUNDS,
  CORE_ROUNDS_SHORT,
  CORE_SERVE_ASKS_MAX,
  CORE_SETTLE_ASKS_MAX,
  CORE_SETTLE_MS,
  CORE_SOUND_DISK,
} from './limits.ts'

export interface CoreRunOptions {
  /** Servers come and go, one at a time. */
  readonly changesMembers?: boolean
  /** Its log has one entry. */
  readonly decidesOnce?: boolean
  /** Called when a healed quorum is left alone: from then on the code must not take rare ways on purpose. */
  readonly calm?: () => void
  /** Called with every line of the trace. */
  readonly trace?: (line: string) => void
}

const SERVERS = 5

/** Throws what went wrong. */
export function runCores<Message>(
  protocol: ConsensusProtocol<Message>,
  seed: number,
  options: CoreRunOptions = {},
): void {
  const { changesMembers = false, decidesOnce = false } = options
  const random = randomFromSeed(seed)
  // Once all is decided nothing more can go wrong: then another cluster is more worth than another round.
  const [clusters, rounds] = decidesOnce ? [CORE_CLUSTERS_SHORT, CORE_ROUNDS_SHORT] : [1, CORE_ROUNDS]
  for (let i = 0; i < clusters; i++) {
    const voters = drawOne(random, changesMembers ? [2, 3, 4, 4, 4] : [3, 3, 5])
    const delayUs = drawMagnitude(random, CORE_DELAY_US)
    const cluster = drawCluster(protocol, random, voters, delayUs, options)
    // As fast as messages travel, or slower: what happens while they are under way is what matters.
    const paceMs = Math.ceil((delayUs * drawOne(random, CORE_PACES)) / 1000)
    const torment = new CoreTorment(cluster, random, paceMs, { changesMembers })
    if (decidesOnce) torment.contend()
    torment.perform(rounds)
    cluster.heal()
    settle(cluster)
    // Where members come and go, or all is decided, nobody can say which quorum must go on.
    if (decidesOnce || changesMembers) continue
    goOn(cluster, random, cluster.ids.slice(0, voters), options.calm)
    cluster.heal()
    settle(cluster)
  }
}

function drawCluster<Message>(
  protocol: ConsensusProtocol<Message>,
  random: Random,
  voters: number,
  delayUs: number,
  { changesMembers = false, decidesOnce = false, trace }: CoreRunOptions,
): ProtocolCluster<Message> {
  return new ProtocolCluster<Message>({
    protocol,
    seed: random.uint32(),
    voters,
    learners: changesMembers ? SERVERS - voters : random.below(2),
    // Whoever soon gives up and begins anew never sees its own message overtaken by another's.
    electionTimeoutMs: decidesOnce ? CORE_PATIENCE_MS : CORE_ELECTION_MS,
    heartbeatIntervalMs: Math.floor(CORE_ELECTION_MS / drawBetween(random, { low: 3, high: 10 })),
    quality: { delay: { minimumUs: 500, meanUs: delayUs }, bytesPerMs: 0 },
    diskDelay: { minimumUs: 200, meanUs: drawMagnitude(random, CORE_DISK_DELAY_US) },
    checkpointEntries: drawOne(random, [0, 0, 5, 20]),
    catchUpEntries: random.below(10),
    ...(trace && { trace }),
  })
}

/**
 * A quorum stays whole, and from everybody else the paths to it, and back, become slow or cut, each for itself: it
 * serves, and then keeps its leader. Uniform random faults alone never find what asymmetric, lasting ones do.
 */
function goOn<Message>(
  cluster: ProtocolCluster<Message>,
  random: Random,
  voters: readonly NodeId[],
  calm: () => void = () => {},
): void {
  const { links } = cluster.network
  links.setQuality(UNRULY)
  for (const id of voters) cluster.node(id).log.delay = CORE_SOUND_DISK
  // Mostly whoever leads is not of it: what becomes of that one is what is looked at.
  const followers = voters.filter(id => cluster.status(id).role !== 'leader')
  const size = Math.floor(voters.length / 2) + 1
  const core = drawSome(random, size, random.chance(2, 3) ? followers : voters)
  for (const outsider of cluster.ids.filter(id => !core.includes(id))) {
    for (const id of core) {
      breakPath(links.link(nodeName(outsider), nodeName(id)), random)
      breakPath(links.link(nodeName(id), nodeName(outsider)), random)
    }
  }
  serve(cluster, core)
  calm()
  const ballots = new Set<number>()
  for (let look = 0; look < CORE_REST_LOOKS; look++) {
    for (const id of core) ballots.add(cluster.status(id).ballot)
    cluster.runForMs(CORE_ELECTION_MS)
  }
  const elections = ballots.size - 1
  promised(elections <= CORE_ELECTIONS_MAX, `a healed quorum keeps its leader: it had ${elections} elections`)
}

function breakPath(link: Link, random: Random): void {
  const kind = random.below(3)
  if (kind === 0) link.cut()
  else if (kind === 1) link.clog(drawMagnitude(random, CORE_CLOG_US))
}

/**
 * Somebody of the core commits something. Not everybody must: if the leader is not of the core and reaches only a part
 * of it, that part is loyal, and the rest can neither reach the leader nor have another.
 */
function serve<Message>(cluster: ProtocolCluster<Message>, core: readonly NodeId[]): void {
  const { referee } = cluster
  const asked: (readonly [NodeId, ProposalId])[] = []
  // Also one that was asked earlier: the path to a leader outside may be slow, and the answer come when nobody waits.
  const isServed = (): boolean => asked.some(([id, proposal]) => referee.isChosen(id, proposal))
  for (let times = 0; times < CORE_SERVE_ASKS_MAX; times++) {
    for (const id of core) asked.push([id, cluster.propose(id, utf8Bytes(`in the core ${times}`))!])
    if (cluster.runUntilTrue(isServed, 2 * CORE_ELECTION_MS)) return
  }
  promised(false, `a healed quorum serves: of ${core.map(nodeName).join(', ')} nobody did`)
}

/** All that was asked is answered in the end: of what a leader lost, once its place in the log is taken. */
function settle<Message>(cluster: ProtocolCluster<Message>): void {
  for (let asked = 0; asked < CORE_SETTLE_ASKS_MAX; asked++) {
    for (const id of cluster.ids) cluster.propose(id, utf8Bytes(`after all ${asked}`))
    if (cluster.runUntilTrue(() => cluster.referee.unanswered === 0, CORE_SETTLE_MS)) return
  }
  const seconds = (CORE_SETTLE_ASKS_MAX * CORE_SETTLE_MS) / 1000
  promised(false, `what is asked is answered: ${seconds} s after all were healed, not all was`)
}
