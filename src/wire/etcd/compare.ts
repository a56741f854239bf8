/**
 * `Compare`: one condition of a transaction. Its oneof is flattened: of `number`, `value` and `lease` the
 * one that `target` speaks of holds what to compare with, and the others are defaults. A request may set
 * a member of the oneof that its target does not speak of; etcd then compares with the default, and so the
 * decoder reports the default.
 */
import { EMPTY } from '../../core/bytes.ts'
import { bytesTag, type ProtobufReader, varintTag } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export interface Compare {
  readonly result: number
  readonly target: number
  readonly key: Uint8Array
  readonly rangeEnd: Uint8Array
  /** A version, create revision or mod revision. */
  readonly number: number
  readonly value: Uint8Array
  readonly lease: bigint
}

/** Members of the oneof by target: the field's number is the target's plus this. */
const UNION_OFFSET = 4
const TARGET_VALUE = 3
const TARGET_LEASE = 4

const NO_UNION = 0

/** A `Compare` is only ever an element of a repeated field, so that nothing comes before it. */
export function readCompare(from: ProtobufReader): Compare {
  let result = 0
  let target = 0
  let key = EMPTY
  let rangeEnd = EMPTY
  let union = NO_UNION
  let number = 0
  let value = EMPTY
  let lease = 0n
  while (from.more()) {
    const tag = from.tag()
    switch (tag) {
      case varintTag(1):
        result = from.enumeration()
        break
      case varintTag(2):
        target = from.enumeration()
        break
      case bytesTag(3):
        key = from.bytes()
        break
      case varintTag(4):
      case varintTag(5):
      case varintTag(6):
        number = from.int64()
        union = tag >>> 3
        break
      case bytesTag(7):
        value = from.bytes()
        union = 7
        break
      case varintTag(8):
        lease = from.int64big()
        union = 8
        break
      case bytesTag(64):
        rangeEnd = from.bytes()
        break
      default:
        from.skip(tag)
    }
  }
  const member = target + UNION_OFFSET
  return {
    result,
    target,
    key,
    rangeEnd,
    number: union === member && union < 7 ? number : 0,
    value: union === member && union === 7 ? value : EMPTY,
    lease: union === member && union === 8 ? lease : 0n,
  }
}

export function writeCompare(to: ProtobufWriter, field: number, compare: Compare): void {
  const { target } = compare
  const start = to.begin(field)
  to.enumeration(1, compare.result)
  to.enumeration(2, target)
  to.bytes(3, compare.key)
  if (target === TARGET_VALUE) to.element(target + UNION_OFFSET, compare.value)
  else if (target === TARGET_LEASE) to.int64bigMember(target + UNION_OFFSET, compare.lease)
  else to.int64Member(target + UNION_OFFSET, compare.number)
  to.bytes(64, compare.rangeEnd)
  to.end(start)
}
