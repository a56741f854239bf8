/**
 * All that a run is made of, as plain data: the same plan gives the same run, to the last event. It is drawn from a
 * seed, or read from a scenario file, or what shrinking has left of either.
 */
import { type Random, randomFromSeed } from '../../core/prng.ts'
import type { BugName } from '../../core/seams.ts'
import type { ProtocolName } from '../../protocols/protocols.ts'
import { drawSchedule } from '../faults/draw-schedule.ts'
import type { ScheduledFault } from '../faults/fault.ts'
import { drawSwarm, type Swarm } from '../faults/swarm.ts'
import { type Plan, WORKLOADS, type WorkloadName } from '../workloads/index.ts'
import {
  CLIENTS_MAX,
  CLIENTS_MIN,
  FAULTS_MS,
  HANDOVER_STEPS,
  HELD_LEASE_STEPS,
  HOLD_CLIENTS,
  HOLD_STEPS,
  LAST_MOMENT_STEPS,
  RIGHTS_STEPS,
  ROOM_STEPS,
  STEPS,
  WATCH_STREAM_STEPS,
  WORKLOAD_SPAN_MS,
} from './limits.ts'

export interface RunPlan {
  /** Of the world: everything that chance decides during the run. */
  readonly seed: number
  readonly swarm: Swarm
  readonly schedule: readonly ScheduledFault[]
  readonly workloads: readonly Plan[]
  /** Their disks report syncs and make nothing durable. Beyond all promises: shows that the alarm works. */
  readonly lyingDisks: readonly string[]
  /** A bug of the museum that is put back. */
  readonly bug?: BugName
  /** What the members run. Default: Raft. */
  readonly consensus?: ProtocolName
}

/** How the requests of a run are shared out: mostly the whole interface, beside one program or two. */
const MIXES: readonly (readonly [WorkloadName, number][])[] = [
  [['kv', 10]],
  [
    ['kv', 6],
    ['listAppend', 4],
  ],
  [
    ['kv', 5],
    ['bank', 3],
    ['counters', 2],
  ],
  [
    ['kv', 4],
    ['listAppend', 2],
    ['bank', 2],
    ['counters', 2],
  ],
  [
    ['kv', 5],
    ['registers', 5],
  ],
  // A step of a watch is all that happens for a while.
  [
    ['kv', 9],
    ['watches', 1],
  ],
  [
    ['kv', 5],
    ['bank', 4],
    ['watches', 1],
  ],
  // A step of a lock is several requests.
  [
    ['kv', 5],
    ['registers', 3],
    ['locks', 1],
  ],
  // So is one of a lease, and takes seconds.
  [
    ['kv', 6],
    ['registers', 3],
    ['leases', 1],
  ],
]
const PARTS = 10

/**
 * The run of a seed.
 *
 * @param consensus what the members run; it changes nothing that is drawn.
 */
export function drawRun(seed: number, consensus: ProtocolName = 'raft'): RunPlan {
  const random = randomFromSeed(seed)
  const [swarmRandom, faults, load] = [random.fork(), random.fork(), random.fork()]
  const [guests, contenders] = [random.fork(), random.fork()]
  const [streams, keepers, movers] = [random.fork(), random.fork(), random.fork()]
  const [late, fillers] = [random.fork(), random.fork()]
  const swarm = drawSwarm(swarmRandom, { changesMembers: true })
  const rights = drawRarity(guests, 'rights', 2, RIGHTS_STEPS)
  return {
    seed,
    swarm,
    schedule: drawSchedule(swarm, faults, FAULTS_MS),
    workloads: [
      ...drawWorkloads(load),
      // Who shares streams says to nobody who they are.
      ...(rights.length > 0 ? rights : drawRarity(streams, 'watchStreams', 2, WATCH_STREAM_STEPS)),
      ...drawRarity(contenders, 'holders', HOLD_CLIENTS, HOLD_STEPS),
      ...drawRarity(keepers, 'heldLeases', 2, HELD_LEASE_STEPS),
      ...drawRarity(movers, 'handovers', 1, HANDOVER_STEPS),
      ...drawRarity(late, 'lastMoments', 2, LAST_MOMENT_STEPS),
      // Without a quota there is always room.
      ...(swarm.config.quotaBytes === undefined ? [] : drawRarity(fillers, 'room', 1, ROOM_STEPS)),
    ],
    lyingDisks: [],
    ...(consensus !== 'raft' && { consensus }),
  }
}

/** What only one run of so many has; of guests: there everybody has to say who they are. */
const RUNS_PER: Readonly<Record<Rarity, number>> = {
  rights: 8,
  holders: 4,
  watchStreams: 4,
  heldLeases: 4,
  handovers: 6,
  lastMoments: 4,
  room: 2,
}

type Rarity = 'rights' | 'holders' | 'watchStreams' | 'heldLeases' | 'handovers' | 'lastMoments' | 'room'

function drawRarity(random: Random, name: Rarity, clients: number, steps: number): Plan[] {
  if (!random.chance(1, RUNS_PER[name])) return []
  return [WORKLOADS[name].plan(random, { clients, steps, spanMs: WORKLOAD_SPAN_MS })]
}

function drawWorkloads(random: Random): Plan[] {
  const mix = MIXES[random.below(MIXES.length)]!
  const clients = CLIENTS_MIN + random.below(CLIENTS_MAX - CLIENTS_MIN + 1)
  return mix.map(([name, parts]) => {
    const share = Math.max(1, Math.floor((clients * parts) / PARTS))
    const size = { clients: share, steps: Math.floor((STEPS * parts) / PARTS), spanMs: WORKLOAD_SPAN_MS }
    return WORKLOADS[name].plan(random.fork(), size)
  })
}
