/**
 * Counts the faults that happen by chance or later than they were armed, where they happen, and tells the atlas what
 * became of the disks.
 */
import type { SimulatedMember } from '../cluster/member.ts'
import type { MemberCluster } from '../cluster/member-cluster.ts'
import type { DiskFaultEvent } from '../disk-faults.ts'
import type { StreamEventKind } from '../stream.ts'
import type { Atlas, Damage } from './atlas.ts'
import type { FaultClassId } from './fault-classes.ts'
import type { FaultCounts } from './fault-counts.ts'
import { DELAY_MEAN_US } from './ranges.ts'

const CLASS_OF_STREAM_EVENT: Partial<Record<StreamEventKind, FaultClassId>> = {
  dropped: 'N2',
  late: 'N3',
  overtook: 'N4',
  crowded: 'N6',
  corrupt: 'N10',
  broke: 'N11',
}

const CLASS_OF_DISK_EVENT: Readonly<Record<DiskFaultEvent, FaultClassId>> = {
  unsyncedLost: 'D1',
  torn: 'D2',
  reordered: 'D3',
  failedSync: 'D4',
  failedRead: 'D5',
  failedWrite: 'D5',
  full: 'D6',
  misdirectedWrite: 'D8',
  misdirectedRead: 'D8',
  lostWrite: 'D9',
  shortWrite: 'D10',
  slow: 'D11',
  nameUndone: 'D12',
}

/** What leaves a disk without something that it was told to hold. */
const DAMAGES: Partial<Record<DiskFaultEvent, Damage>> = {
  failedSync: 'failedSync',
  lostWrite: 'lostWrite',
  misdirectedWrite: 'misdirectedWrite',
  misdirectedRead: 'misdirectedRead',
}

/** What a node may stop for. */
const TROUBLES: ReadonlySet<DiskFaultEvent> = new Set([
  'failedSync',
  'failedRead',
  'failedWrite',
  'full',
  'misdirectedRead',
])

/** @param troubled is called with a member whose disk has just given it a reason to stop */
export function countEffects(
  cluster: MemberCluster,
  counts: FaultCounts,
  atlas: Atlas,
  troubled: (member: string) => void,
): void {
  const { network } = cluster.world
  network.onEvent = ({ kind }) => {
    const id = CLASS_OF_STREAM_EVENT[kind]
    if (id !== undefined) counts.add(id)
    else if (kind === 'data' && network.links.quality.delay.meanUs >= DELAY_MEAN_US.low) counts.add('N1')
  }
  const follow = ({ name, disk }: SimulatedMember): void => {
    disk.faults.onEvent = (event, path) => {
      counts.add(CLASS_OF_DISK_EVENT[event])
      const damage = DAMAGES[event]
      if (damage !== undefined) atlas.damaged(name, damage, path)
      if (TROUBLES.has(event)) troubled(name)
    }
  }
  for (const member of cluster.members) follow(member)
  cluster.onMachine = follow
}
