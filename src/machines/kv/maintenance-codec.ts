/** The commands of maintenance as the log carries them; `command-codec.ts` writes version and kind before them. */
import type { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { AlarmKind, type AlarmOperation } from './alarms.ts'

const RAISE = 0
const LIFT = 1

export function writeAlarm(to: ByteWriter, { action, member, kind, isByHand }: AlarmOperation): void {
  to.u8(action === 'raise' ? RAISE : LIFT)
  to.u64big(member)
  to.u8(kind)
  to.u8(isByHand ? 1 : 0)
}

/** Throws `DecodeError`. */
export function readAlarm(from: ByteReader): AlarmOperation {
  const action = oneOf(from, [RAISE, LIFT]) === RAISE ? 'raise' : 'lift'
  const member = from.u64big()
  const kind = oneOf(from, Object.values(AlarmKind))
  return { action, member, kind, isByHand: oneOf(from, [0, 1]) === 1 }
}

/** A number that this version does not know may mean something that it must not ignore. */
function oneOf<N extends number>(from: ByteReader, known: readonly N[]): N {
  const byte = from.u8()
  const found = known.find(each => each === byte)
  if (found === undefined) throw from.error('an unknown number')
  return found
}
