/** The commands of maintenance as the log carries them; `command-codec.ts` writes version and kind before them. */
import type { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { utf8Bytes, utf8Text } from '../../core/utf8.ts'
import { AlarmKind, type AlarmOperation } from './alarms.ts'
import { readReport, writeReport } from './hash-report.ts'
import { DOWNGRADE_TARGET_BYTES_MAX } from './limits.ts'
import type { KvCommand } from './types.ts'

export type MaintenanceCommand = KvCommand & {
  readonly kind: 'alarm' | 'clusterVersion' | 'downgrade' | 'hashReport'
}

const RAISE = 0
const LIFT = 1

export function writeMaintenance(to: ByteWriter, command: MaintenanceCommand): void {
  switch (command.kind) {
    case 'alarm':
      return writeAlarm(to, command.alarm)
    case 'clusterVersion':
      return to.u16(command.clusterVersion.version)
    case 'downgrade':
      return to.sizedBytes(utf8Bytes(command.downgrade.target))
    case 'hashReport':
      return writeReport(to, command.hashReport)
  }
}

/** Throws `DecodeError`. */
export function readMaintenance(from: ByteReader, kind: MaintenanceCommand['kind']): MaintenanceCommand {
  switch (kind) {
    case 'alarm':
      return { kind, alarm: readAlarm(from) }
    case 'clusterVersion':
      return { kind, clusterVersion: { version: from.u16() } }
    case 'downgrade':
      return { kind, downgrade: { target: readTarget(from) } }
    case 'hashReport':
      return { kind, hashReport: readReport(from) }
  }
}

function writeAlarm(to: ByteWriter, { action, member, kind, isByHand }: AlarmOperation): void {
  to.u8(action === 'raise' ? RAISE : LIFT)
  to.u64big(member)
  to.u8(kind)
  to.u8(isByHand ? 1 : 0)
}

function readAlarm(from: ByteReader): AlarmOperation {
  const action = oneOf(from, [RAISE, LIFT]) === RAISE ? 'raise' : 'lift'
  const member = from.u64big()
  const kind = oneOf(from, Object.values(AlarmKind))
  return { action, member, kind, isByHand: oneOf(from, [0, 1]) === 1 }
}

function readTarget(from: ByteReader): string {
  const target = from.sizedBytes()
  if (target.length > DOWNGRADE_TARGET_BYTES_MAX) throw from.error('a version too long to be one')
  return utf8Text(target)
}

/** A number that this version does not know may mean something that it must not ignore. */
function oneOf<N extends number>(from: ByteReader, known: readonly N[]): N {
  const byte = from.u8()
  const found = known.find(each => each === byte)
  if (found === undefined) throw from.error('an unknown number')
  return found
}
