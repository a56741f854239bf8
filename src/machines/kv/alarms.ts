/**
 * Alarms as the store holds them: which member is in which trouble, and what is refused until it is out of it. They
 * are raised and lifted by commands of the log, so that every replica refuses the same commands.
 *
 * A member that raised an alarm of its own accord lifts it of its own accord; one that somebody raised by hand is
 * lifted by hand. All of them are one small record: there are two kinds for each of a few members.
 */
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import type { StoreBatch, StoreView } from '../../runtime/store.ts'
import { ALARMS_MAX } from './limits.ts'
import { metaKey } from './store-keys.ts'
import type { KvCommand, TxnOperation } from './types.ts'

/** The numbers are etcd's, and the log's format. */
export const AlarmKind = { noSpace: 1, corrupt: 2 } as const
export type AlarmKind = (typeof AlarmKind)[keyof typeof AlarmKind]

/** `noSpace`: nothing is taken that needs room. `corrupt`: nothing is changed, for replicas do not hold the same. */
export interface Alarm {
  /** Unsigned 64-bit. */
  readonly member: bigint
  readonly kind: AlarmKind
  /** Somebody asked for it: the member itself does not lift it. */
  readonly isByHand: boolean
}

export interface AlarmOperation extends Alarm {
  readonly action: 'raise' | 'lift'
}

export interface AlarmResult {
  readonly revision: number
  /** What is on, or was lifted, by this operation; undefined if there was nothing to lift. */
  readonly alarm: Alarm | undefined
}

const ALARMS = metaKey('n')

/** In the order of their raising. */
export function readAlarms(view: StoreView): readonly Alarm[] {
  const bytes = view.get(ALARMS)
  if (bytes === undefined) return []
  const from = new ByteReader(bytes)
  const alarms: Alarm[] = []
  while (from.remaining > 0) {
    alarms.push({ member: from.u64big(), kind: from.u8() as AlarmKind, isByHand: from.u8() === 1 })
  }
  return alarms
}

function writeAlarms(batch: StoreBatch, alarms: readonly Alarm[]): void {
  if (alarms.length === 0) return batch.delete(ALARMS)
  const to = new ByteWriter(10 * alarms.length)
  for (const { member, kind, isByHand } of alarms) {
    to.u64big(member)
    to.u8(kind)
    to.u8(isByHand ? 1 : 0)
  }
  batch.put(ALARMS, to.finish())
}

/** The alarms afterwards, and which one it was about. */
export function changeAlarms(
  batch: StoreBatch,
  before: readonly Alarm[],
  { action, member, kind, isByHand }: AlarmOperation,
): { readonly alarms: readonly Alarm[]; readonly alarm: Alarm | undefined } {
  const found = before.find(alarm => alarm.member === member && alarm.kind === kind)
  if (action === 'raise') {
    if (found !== undefined || before.length >= ALARMS_MAX) return { alarms: before, alarm: found }
    const raised = { member, kind, isByHand }
    return written(batch, [...before, raised], raised)
  }
  // What was raised by hand is not the member's own to lift.
  if (found === undefined || (found.isByHand && !isByHand)) return { alarms: before, alarm: undefined }
  return written(
    batch,
    before.filter(alarm => alarm !== found),
    found,
  )
}

function written(batch: StoreBatch, alarms: readonly Alarm[], alarm: Alarm) {
  writeAlarms(batch, alarms)
  return { alarms, alarm }
}

export type AlarmRefusal = 'noSpace' | 'corrupt'

/** Why a command is refused while these alarms are on; undefined if it is not. */
export function refusalOfAlarms(alarms: readonly Alarm[], command: KvCommand): AlarmRefusal | undefined {
  if (alarms.length === 0) return undefined
  if (changesData(command) && alarms.some(({ kind }) => kind === AlarmKind.corrupt)) return 'corrupt'
  return takesSpace(command) && alarms.some(({ kind }) => kind === AlarmKind.noSpace) ? 'noSpace' : undefined
}

/** What etcd refuses in a corrupt cluster. Keep-alives are no business of its log, and go on. */
function changesData({ kind }: KvCommand): boolean {
  switch (kind) {
    case 'put':
    case 'deleteRange':
    case 'txn':
    case 'compact':
    case 'leaseGrant':
    case 'leaseRevoke':
    case 'leaseExpire':
      return true
    default:
      return false
  }
}

/** Puts, new leases, and transactions with a put in either branch: deleting and compacting must go on. */
export function takesSpace(command: KvCommand): boolean {
  return (
    command.kind === 'put' || command.kind === 'leaseGrant' || (command.kind === 'txn' && mayPut(command.txn))
  )
}

function mayPut({ success, failure }: TxnOperation): boolean {
  return [success, failure].some(branch =>
    branch.some(each => each.kind === 'put' || (each.kind === 'txn' && mayPut(each.txn))),
  )
}
