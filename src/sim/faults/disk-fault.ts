/** Does a fault to the disk of a member, and says whether it changed anything. */
import { unreachable } from '../../core/assert.ts'
import type { SimulatedMember } from '../cluster/member.ts'
import type { Atlas } from './atlas.ts'
import { isOfPart } from './disk-part.ts'
import type { Fault } from './fault.ts'

export type DiskFault = Extract<
  Fault,
  {
    kind:
      | 'slowDisk'
      | 'fillDisk'
      | 'failDisk'
      | 'rot'
      | 'cutFile'
      | 'loseWrite'
      | 'misdirectWrite'
      | 'misdirectRead'
      | 'loseDisk'
  }
>

/** How far off misdirected reads and writes are: a page, as if one bit of an address had been turned. */
const MISDIRECTED_BYTES = 4096

const MILLION = 1_000_000

/** See `carryOut`. What is armed here counts when it has happened. */
export function carryOutOnDisk(fault: DiskFault, member: SimulatedMember, atlas: Atlas): boolean {
  const { disk } = member
  switch (fault.kind) {
    case 'slowDisk':
      disk.faults.extraLatencyUs = fault.extraUs
      return true
    case 'fillDisk':
      disk.faults.capacityBytes =
        fault.freeBytes < 0 ? Number.POSITIVE_INFINITY : disk.usedBytes + fault.freeBytes
      return true
    case 'failDisk':
      disk.faults.failNext(fault.operation, path => isOfPart(fault.part, path))
      return true
    case 'loseWrite':
      disk.faults.loseNextWrite(path => isOfPart(fault.part, path))
      return true
    case 'misdirectWrite':
      disk.faults.misdirectNextWrite(MISDIRECTED_BYTES, path => isOfPart(fault.part, path))
      return true
    case 'misdirectRead':
      disk.faults.misdirectNextRead(MISDIRECTED_BYTES, path => isOfPart(fault.part, path))
      return true
    case 'rot':
    case 'cutFile':
      return damage(fault, member, atlas)
    case 'loseDisk':
      member.losePower()
      disk.wipe()
      atlas.damaged(member.name, 'lostDisk', '')
      return true
    default:
      return unreachable(fault)
  }
}

/** False if there is no such file, or nothing in it. */
function damage(
  { kind, part, file, at }: Extract<DiskFault, { kind: 'rot' | 'cutFile' }>,
  { name, disk }: SimulatedMember,
  atlas: Atlas,
): boolean {
  const files = [...disk.image()].filter(([path]) => isOfPart(part, path))
  if (files.length === 0) return false
  const [path, content] = files[file % files.length]!
  const offset = placeIn(content, at)
  if (offset === undefined) return false
  if (kind === 'rot') disk.rot(path, offset)
  else disk.restore(path, content.subarray(0, offset))
  atlas.damaged(name, kind, path)
  return true
}

/** Behind that share of all bytes that are not zero: most of a log is padding, in which nothing can be hurt. */
function placeIn(content: Uint8Array, at: number): number | undefined {
  const count = content.reduce((sum, byte) => (byte === 0 ? sum : sum + 1), 0)
  let before = Math.floor((count * at) / MILLION)
  const offset = content.findIndex(byte => byte !== 0 && before-- === 0)
  return offset < 0 ? undefined : offset
}
