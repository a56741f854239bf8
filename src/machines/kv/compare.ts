/** The conditions of a transaction: etcd's rules, those for keys that do not exist included. */
import { compareBytes } from '../../core/bytes.ts'
import { keySet } from './key-range.ts'
import { keyValueOf, type ReadPoint, versionAt, versionsAt } from './read-point.ts'
import { type Compare, CompareResult, CompareTarget } from './types.ts'
import type { Version } from './version.ts'

/** What a missing key compares as. */
const NOTHING: Version = { main: 0, sub: 0, createRevision: 0, version: 0, lease: 0n }

/** Whether all conditions hold in the state at `at`. None at all hold. */
export function allHold(at: ReadPoint, compares: readonly Compare[]): boolean {
  return compares.every(compare => holds(at, compare))
}

/** With a range end, the condition must hold for every key in the range. */
function holds(at: ReadPoint, compare: Compare): boolean {
  const wanted = keySet(compare.key, compare.rangeEnd)
  if (wanted.kind === 'single') {
    const version = versionAt(at, compare.key, at.current)
    return version === undefined ? holdsForNothing(at, compare) : holdsFor(at, compare, version)
  }
  const versions = versionsAt(at, wanted, at.current)
  let isEmpty = true
  for (let found = versions.step(); found !== undefined; found = versions.step()) {
    if (found === null) continue
    if (!holdsFor(at, compare, found.version)) return false
    isEmpty = false
  }
  return isEmpty ? holdsForNothing(at, compare) : true
}

/** A value that is not there compares as nothing, not even as unequal. */
function holdsForNothing(at: ReadPoint, compare: Compare): boolean {
  return compare.target !== CompareTarget.value && holdsFor(at, compare, NOTHING)
}

function holdsFor(at: ReadPoint, compare: Compare, version: Version): boolean {
  const order = compareTarget(at, compare, version)
  switch (compare.result) {
    case CompareResult.equal:
      return order === 0
    case CompareResult.greater:
      return order > 0
    case CompareResult.less:
      return order < 0
    case CompareResult.notEqual:
      return order !== 0
    // As etcd, which checks neither results nor targets.
    default:
      return true
  }
}

function compareTarget(at: ReadPoint, compare: Compare, version: Version): number {
  switch (compare.target) {
    case CompareTarget.version:
      return version.version - compare.number
    case CompareTarget.create:
      return version.createRevision - compare.number
    case CompareTarget.mod:
      return version.main - compare.number
    case CompareTarget.value:
      return compareBytes(keyValueOf(at, version).value, compare.value)
    case CompareTarget.lease:
      return version.lease < compare.lease ? -1 : version.lease > compare.lease ? 1 : 0
    default:
      return 0
  }
}
