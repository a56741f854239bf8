/**
 * A log and replicas of it that do everything right: they commit in order, apply later, take snapshots, install
 * those of others when they have fallen behind, and are restarted from an index that they had made durable.
 */
import { type Random, randomFromSeed } from '../../../core/prng.ts'
import type { ReplicaEvent, ReplicaViolationName } from '../replicas.ts'
import { insertAt, type Operator, pickIndex, replaceAt } from './mutants.ts'

type Events = readonly ReplicaEvent[]

interface Replica {
  readonly replica: string
  incarnation: number
  committed: number
  applied: number
  durable: number
}

const LOG_LENGTH = 60

/** What hashes would say; in place of each hash its preimage. */
const entryAt = (index: number): string => `entry ${index}`
const stateAt = (index: number): string => `state ${index}`
const imageAt = (index: number): string => `image ${index}`

export function goodReplicas(seed: number): Events {
  const random = randomFromSeed(seed)
  const events: ReplicaEvent[] = []
  const replicas = ['n1', 'n2', 'n3'].map(
    (replica): Replica => ({ replica, incarnation: 1, committed: 0, applied: 0, durable: 0 }),
  )
  for (const replica of replicas) start(replica, events)
  for (let step = 0; step < 300; step++) act(replicas[random.below(replicas.length)]!, random, events)
  return events
}

function start(replica: Replica, events: ReplicaEvent[]): void {
  replica.applied = replica.committed = replica.durable
  events.push({
    kind: 'started',
    ...reported(replica, replica.durable, events),
    stateHash: stateAt(replica.durable),
  })
}

function act(replica: Replica, random: Random, events: ReplicaEvent[]): void {
  const draw = random.below(20)
  if (draw === 0) {
    replica.incarnation++
    start(replica, events)
  } else if (draw === 1) {
    replica.durable = replica.applied
    const imageHash = imageAt(replica.applied)
    events.push({ kind: 'snapshotTaken', ...reported(replica, replica.applied, events), imageHash })
  } else if (draw === 2 && replica.committed < LOG_LENGTH) {
    const index = replica.committed + 1 + random.below(LOG_LENGTH - replica.committed)
    replica.applied = replica.committed = replica.durable = index
    const hashes = { imageHash: imageAt(index), stateHash: stateAt(index) }
    events.push({ kind: 'snapshotInstalled', ...reported(replica, index, events), ...hashes })
  } else if (draw < 12 && replica.committed < LOG_LENGTH) {
    const index = ++replica.committed
    events.push({ kind: 'committed', ...reported(replica, index, events), entryHash: entryAt(index) })
  } else if (replica.applied < replica.committed) {
    const index = ++replica.applied
    const hashes = { entryHash: entryAt(index), stateHash: stateAt(index) }
    events.push({ kind: 'applied', ...reported(replica, index, events), ...hashes })
  }
}

function reported(
  { replica, incarnation }: Replica,
  index: number,
  events: Events,
): Pick<ReplicaEvent, 'at' | 'replica' | 'incarnation' | 'index'> {
  return { at: events.length, replica, incarnation, index }
}

/** Whether another event says something about the same thing at the same index. */
function isShared(events: Events, event: ReplicaEvent, kinds: readonly ReplicaEvent['kind'][]): boolean {
  return events.some(other => other !== event && other.index === event.index && kinds.includes(other.kind))
}

function lie(
  events: Events,
  random: Random,
  kinds: readonly ReplicaEvent['kind'][],
  change: (event: ReplicaEvent) => ReplicaEvent,
): Events | undefined {
  const at = pickIndex(random, events, event => kinds.includes(event.kind) && isShared(events, event, kinds))
  return at === undefined ? undefined : replaceAt(events, at, change(events[at]!))
}

const STATES = ['started', 'applied', 'snapshotInstalled'] as const
const IMAGES = ['snapshotTaken', 'snapshotInstalled'] as const

export const REPLICA_OPERATORS: readonly Operator<Events, ReplicaViolationName>[] = [
  {
    name: 'another entry at the same index',
    breaks: 'there is one chain of committed entries',
    violation: 'entriesDiffer',
    mutate: (events, random) =>
      lie(
        events,
        random,
        ['committed', 'applied'],
        event => ({ ...event, entryHash: 'other' }) as ReplicaEvent,
      ),
  },
  {
    name: 'a state with one bit flipped',
    breaks: 'replicas that applied the same are the same',
    violation: 'statesDiffer',
    mutate: (events, random) =>
      lie(events, random, STATES, event => ({ ...event, stateHash: 'other' }) as ReplicaEvent),
  },
  {
    name: 'a snapshot with other bytes',
    breaks: 'snapshots of one index are equal to the byte',
    violation: 'snapshotsDiffer',
    mutate: (events, random) =>
      lie(events, random, IMAGES, event => ({ ...event, imageHash: 'other' }) as ReplicaEvent),
  },
  {
    name: 'an entry applied twice',
    breaks: 'the applied index never goes back within an incarnation',
    violation: 'wentBack',
    mutate(events, random) {
      const at = pickIndex(random, events, event => event.kind === 'applied')
      return at === undefined ? undefined : insertAt(events, at, events[at]!)
    },
  },
  {
    name: 'an entry left out',
    breaks: 'entries are applied one after the other',
    violation: 'skipped',
    mutate(events, random) {
      const at = pickIndex(random, events, event => {
        if (event.kind !== 'applied' && event.kind !== 'committed') return false
        const isNext = (other: ReplicaEvent) =>
          other.kind === event.kind && other.replica === event.replica && other.index === event.index + 1
        // Only where the same incarnation goes on with the entry after it.
        return events.some(
          other => isNext(other) && other.incarnation === event.incarnation && other.at > event.at,
        )
      })
      return at === undefined ? undefined : replaceAt(events, at)
    },
  },
  {
    name: 'an entry applied before it is committed',
    breaks: 'only what is committed is applied',
    violation: 'appliedUncommitted',
    mutate(events, random) {
      const at = pickIndex(random, events, event => event.kind === 'applied')
      if (at === undefined) return undefined
      const applied = events[at]!
      const commit = events.findLastIndex(
        event =>
          event.at < applied.at &&
          event.replica === applied.replica &&
          event.kind === 'committed' &&
          event.index === applied.index,
      )
      return replaceAt(insertAt(events, commit, applied), at + 1)
    },
  },
  {
    name: 'a dead incarnation that goes on',
    breaks: 'a node that was killed never runs again',
    violation: 'ghost',
    mutate(events, random) {
      const at = pickIndex(random, events, event => event.kind === 'started' && event.incarnation > 1)
      if (at === undefined) return undefined
      const { replica } = events[at]!
      const last = events.slice(0, at).findLast(event => event.replica === replica)!
      return insertAt(events, at + 1 + random.below(events.length - at), last)
    },
  },
  {
    name: 'an incarnation that starts twice',
    breaks: 'every start is a new incarnation',
    violation: 'ghost',
    mutate(events, random) {
      const at = pickIndex(random, events, event => event.kind === 'started')
      return at === undefined ? undefined : insertAt(events, at, events[at]!)
    },
  },
  {
    name: 'a snapshot installed twice',
    breaks: 'the applied index never goes back within an incarnation',
    violation: 'wentBack',
    mutate(events, random) {
      const at = pickIndex(random, events, event => event.kind === 'snapshotInstalled')
      return at === undefined ? undefined : insertAt(events, at, events[at]!)
    },
  },
]
