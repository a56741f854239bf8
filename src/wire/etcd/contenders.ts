/**
 * Where those stand who want what only one may have: etcd's recipe of locks and elections (`client/v3/concurrency`),
 * for the client that follows it and for the services that follow it on the client's behalf. Each puts a key under
 * the name, called after its lease; who came first, by create revision, has it.
 */
import { concatBytes, EMPTY, prefixEnd } from '../../core/bytes.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import type { Compare } from './compare.ts'
import { RANGE_DEFAULTS, type RangeRequest } from './range.ts'

const SLASH = utf8Bytes('/')

const EQUAL = 0
const CREATE = 1
const MOD = 2
const ASCEND = 1
const DESCEND = 2
const BY_CREATE = 2

/** Under which everybody who wants `name` has a key. */
export function contestPrefix(name: Uint8Array): Uint8Array {
  return concatBytes([name, SLASH])
}

/** Go's `%x`: a negative id has a minus sign in front of its hexadecimal digits. */
export function contenderKey(name: Uint8Array, lease: bigint): Uint8Array {
  return concatBytes([contestPrefix(name), utf8Bytes(lease.toString(16))])
}

/** Holds as long as the key is the one that was created at this revision; at 0: as long as there is none. */
export function createdAt(key: Uint8Array, revision: number): Compare {
  return { result: EQUAL, target: CREATE, key, rangeEnd: EMPTY, number: revision, value: EMPTY, lease: 0n }
}

/** Holds as long as nothing was put to the key since this revision. */
export function unchangedSince(key: Uint8Array, revision: number): Compare {
  return { ...createdAt(key, revision), target: MOD }
}

/** Whoever came first. */
export function firstContender(name: Uint8Array): RangeRequest {
  return { ...allContenders(name), sortOrder: ASCEND, limit: 1 }
}

/** Whoever came right before the one who came at `revision`. */
export function contenderBefore(name: Uint8Array, revision: number): RangeRequest {
  return { ...allContenders(name), sortOrder: DESCEND, limit: 1, maxCreateRevision: revision - 1 }
}

/** In the order in which they came. */
export function allContenders(name: Uint8Array): RangeRequest {
  const key = contestPrefix(name)
  return { ...RANGE_DEFAULTS, key, rangeEnd: prefixEnd(key), sortTarget: BY_CREATE, sortOrder: ASCEND }
}
