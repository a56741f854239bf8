/**
 * What one run is like, drawn before it starts (swarm testing: Groce et al., ISSTA 2012): how large the cluster is,
 * which classes of faults are active and how often they come, whose disks may be damaged, and how small the limits
 * are. A run with everything at once finds less than many runs that each leave something out. Plain data: printed
 * before the run, and enough to have it again.
 */
import type { Random } from '../../core/prng.ts'
import type { GroupLimits } from '../../replication/limits.ts'
import type { StorageTuning } from '../../server/node-storage.ts'
import { BLOCK_BYTES_MAX } from '../../storage/store/limits.ts'
import type { SimulatedClusterOptions } from '../cluster/simulated-cluster.ts'
import type { LinkQuality } from '../links.ts'
import { DATA_CENTRE, NO_STREAM_FAULTS } from '../network.ts'
import type { StreamFaults } from '../stream.ts'
import { drawBetween, drawMagnitude, drawOne, drawSome, type Range } from './draws.ts'
import { FAULT_CLASS_IDS, FAULT_CLASSES, type FaultClassId, faultClassLabel } from './fault-classes.ts'
import * as ranges from './ranges.ts'

/** A class that is active in a run. */
export interface ActiveClass {
  readonly id: FaultClassId
  /** From one fault to the next, on average. Means nothing for a class that is a setting. */
  readonly everyMs: number
}

/** What differs from a node's defaults. */
type SwarmConfig = Omit<NonNullable<SimulatedClusterOptions['config']>, 'consensus'>

type SwarmTuning = Required<StorageTuning> & { readonly groupLimits?: Partial<GroupLimits> }

export interface Swarm {
  readonly members: readonly string[]
  /** Machines that an operator may make members. */
  readonly spares: readonly string[]
  /** Members that begin with the program of the version before. */
  readonly older: readonly string[]
  /** Changes of the membership go through that etcd's strict checks would refuse. */
  readonly isLax: boolean
  /** Whose disks may lose or change what was promised: a minority, so that a majority keeps all of it. */
  readonly fragile: readonly string[]
  /** In the order of the table of classes. */
  readonly active: readonly ActiveClass[]
  readonly network: { readonly quality: LinkQuality; readonly faults: StreamFaults }
  readonly config: SwarmConfig
  readonly tuning: SwarmTuning
}

/** As `SimulatedCluster` names its members, and those who may join them. */
const MACHINE_NAMES: readonly string[] = ['a', 'b', 'c', 'd', 'e', 'f', 'g']
const MEMBER_NAMES = MACHINE_NAMES.slice(0, 5)

/** How many may come. */
const SPARES = 2

/** Mostly three; a cluster of one has edges of its own, and five outlive two. */
const SIZES: readonly number[] = [3, 3, 3, 3, 3, 3, 3, 5, 5, 1]

/** A run in which nothing happens shows little: at least so many classes are active. */
const ACTIVE_MIN = 4

/** Of clusters of one, these have no meaning. */
const NEEDS_PEERS: ReadonlySet<FaultClassId> = new Set(['N5', 'N6', 'N7', 'N8', 'N9', 'N11'])

/** These destroy what was promised, and so happen to fragile members only. */
const NEEDS_FRAGILE: ReadonlySet<FaultClassId> = new Set(['P5', 'D4', 'D7', 'D8', 'D9', 'D13'])

/** Somebody has to change who the members are. */
const NEEDS_OPERATOR: ReadonlySet<FaultClassId> = new Set(['N12', 'P8'])

/** For whom a swarm is drawn. */
export interface SwarmRules {
  /** The cluster has the first one, three or five. */
  readonly names?: readonly string[]
  /** There is an operator. */
  readonly changesMembers?: boolean
}

/** The same draws give the same swarm. */
export function drawSwarm(random: Random, rules: SwarmRules = {}): Swarm {
  const { names = MEMBER_NAMES, changesMembers = false } = rules
  const [shape, choice, network, constants] = [random.fork(), random.fork(), random.fork(), random.fork()]
  const sizes = SIZES.filter(size => size <= names.length)
  const members = names.slice(0, drawOne(shape, sizes))
  const minority = Math.floor((members.length - 1) / 2)
  const fragile = drawSome(shape, minority, members).toSorted()
  const active = drawActive(choice, members.length, fragile.length, changesMembers)
  const has = (id: FaultClassId): boolean => active.some(each => each.id === id)
  const links = drawNetwork(network, has)
  const versions = choice.fork()
  return {
    members,
    older: has('P7') ? drawOlder(versions, members) : [],
    spares: has('P8') ? MACHINE_NAMES.slice(members.length, members.length + SPARES) : [],
    isLax: shape.chance(1, 2),
    fragile,
    active,
    network: links,
    config: drawConfig(constants.fork(), links.quality, has('P6')),
    tuning: {
      ...drawTuning(constants.fork()),
      ...(has('U3') && { groupLimits: drawGroupLimits(constants) }),
    },
  }
}

/** What a cluster is made with for such a run. */
export function swarmClusterOptions(swarm: Swarm, seed: number): SimulatedClusterOptions {
  const { members, spares, older, isLax, network, tuning } = swarm
  const config = { ...swarm.config, strictReconfigCheck: !isLax }
  return { seed, members: members.length, spares: spares.length, older, network, config, tuning }
}

/** For people, before the run. */
export function describeSwarm(swarm: Swarm): string[] {
  const { members, spares, older, fragile, active, network, config, tuning } = swarm
  const { quality, faults } = network
  const hard = fragile.length === 0 ? 'no disk is damaged' : `disks of ${fragile.join(' ')} may be damaged`
  const joining = spares.length === 0 ? [] : [`${spares.join(' ')} may join them`]
  const ageing = older.length === 0 ? [] : [`${older.join(' ')} of the version before`]
  const seen = active.map(({ id, everyMs }) =>
    FAULT_CLASSES[id].standing === 'setting'
      ? faultClassLabel(id)
      : `${faultClassLabel(id)} every ${everyMs} ms`,
  )
  return [
    `members: ${[members.join(' '), hard, ...joining, ...ageing].join('; ')}`,
    `faults: ${seen.join(', ')}`,
    `network: ${describeNumbers({ ...quality.delay, bytesPerMs: quality.bytesPerMs, ...faults })}`,
    `nodes: ${describeNumbers(config)}`,
    `log: ${describeNumbers(tuning.logLimits)}`,
    `store: ${describeNumbers(tuning.storeLimits)}`,
    ...(tuning.groupLimits === undefined ? [] : [`group: ${describeNumbers(tuning.groupLimits)}`]),
  ]
}

function describeNumbers(values: object): string {
  return Object.entries(values)
    .map(([name, value]) => `${name} ${value}`)
    .join(', ')
}

/** Some of them, or all. */
function drawOlder(random: Random, members: readonly string[]): string[] {
  const count = drawBetween(random, { low: 1, high: members.length })
  return drawSome(random, count, members).toSorted()
}

/** Every class has a stream of its own, active or not: another one in the table changes nothing for these. */
function drawActive(random: Random, size: number, fragile: number, changesMembers: boolean): ActiveClass[] {
  const eighths = drawOne(random.fork(), ranges.ACTIVE_EIGHTHS)
  const possible = FAULT_CLASS_IDS.map(id => ({ id, random: random.fork() })).filter(({ id }) => {
    const { standing } = FAULT_CLASSES[id]
    if (id === 'B2' || (standing !== 'scheduled' && standing !== 'setting')) return false
    if (NEEDS_PEERS.has(id) && size === 1) return false
    if (NEEDS_OPERATOR.has(id) && !changesMembers) return false
    return !NEEDS_FRAGILE.has(id) || fragile > 0
  })
  const drawn = possible.map(each => ({ ...each, rank: each.random.below(800) }))
  const enough = drawn.map(each => each.rank).toSorted((a, b) => a - b)[ACTIVE_MIN - 1]!
  return drawn
    .filter(({ rank }) => rank < eighths * 100 || rank <= enough)
    .map(each => ({ id: each.id, everyMs: drawBetween(each.random, ranges.EVERY_MS) }))
}

function drawNetwork(random: Random, has: (id: FaultClassId) => boolean): Swarm['network'] {
  const slow = {
    delay: {
      minimumUs: drawBetween(random, ranges.DELAY_MINIMUM_US),
      meanUs: drawBetween(random, ranges.DELAY_MEAN_US),
    },
    bytesPerMs: 0,
  }
  const loss = drawMagnitude(random, ranges.LOSS_PER_MILLION)
  const corrupt = drawMagnitude(random, ranges.CORRUPT_PER_MILLION)
  const reset = drawMagnitude(random, ranges.RESET_PER_MILLION)
  const split = drawBetween(random, ranges.SPLIT_PER_MILLION)
  return {
    quality: has('N1') ? slow : DATA_CENTRE,
    faults: {
      ...NO_STREAM_FAULTS,
      ...(has('N2') && { lossPerMillion: loss }),
      ...(has('N10') && { corruptPerMillion: corrupt }),
      ...(has('N11') && { resetPerMillion: reset, splitPerMillion: split }),
    },
  }
}

function drawConfig(random: Random, { delay }: LinkQuality, hasSmallLimits: boolean): SwarmConfig {
  const heartbeatIntervalMs = drawBetween(random, ranges.HEARTBEAT_MS)
  const patience = heartbeatIntervalMs * drawBetween(random, ranges.ELECTION_HEARTBEATS)
  // As operators are told to: several round trips. Else slow links elect for ever, which is no bug.
  const roundTrips = Math.ceil((8 * (delay.minimumUs + delay.meanUs)) / 1000)
  const snapshotEntries = drawMagnitude(random, ranges.SNAPSHOT_ENTRIES)
  const limits = {
    requestBytesMax: drawMagnitude(random, ranges.SMALL_REQUEST_BYTES),
    txnOperationsMax: drawMagnitude(random, ranges.SMALL_TXN_OPERATIONS),
    quotaBytes: drawMagnitude(random, ranges.SMALL_QUOTA_BYTES),
  }
  return {
    heartbeatIntervalMs,
    electionTimeoutMs: Math.max(patience, roundTrips),
    snapshotEntries,
    catchUpEntries: random.below(snapshotEntries),
    watchProgressIntervalMs: drawBetween(random, ranges.WATCH_PROGRESS_MS),
    ...(hasSmallLimits && limits),
    ...(random.chance(1, 3) && { corruptCheckMs: drawBetween(random, ranges.CORRUPT_CHECK_MS) }),
  }
}

function drawTuning(random: Random): Required<StorageTuning> {
  const segmentBytes = drawPages(random, ranges.SEGMENT_BYTES)
  const firstSegmentBytes = Math.min(segmentBytes, drawPages(random, ranges.SEGMENT_BYTES))
  const memtableBytes = drawMagnitude(random, ranges.MEMTABLE_BYTES)
  return {
    logLimits: {
      alignmentBytes: drawOne(random, ranges.LOG_ALIGNMENT_BYTES),
      segmentBytes,
      firstSegmentBytes,
      batchBytesMax: drawMagnitude(random, ranges.BATCH_BYTES),
      carriedBytesMax: drawPages(random, ranges.BATCH_BYTES),
    },
    storeLimits: {
      memtableBytes,
      memtableBytesMax: memtableBytes * drawBetween(random, { low: 2, high: 4 }),
      tableBytes: drawMagnitude(random, ranges.TABLE_BYTES),
      cacheBytes: drawMagnitude(random, ranges.CACHED_BLOCKS) * BLOCK_BYTES_MAX,
    },
  }
}

function drawGroupLimits(random: Random): Partial<GroupLimits> {
  return {
    pendingProposalsMax: drawMagnitude(random, ranges.SMALL_QUEUE),
    pendingReadsMax: drawMagnitude(random, ranges.SMALL_QUEUE),
  }
}

const PAGE_BYTES = 4096

function drawPages(random: Random, { low, high }: Range): number {
  return drawMagnitude(random, { low: low / PAGE_BYTES, high: high / PAGE_BYTES }) * PAGE_BYTES
}
