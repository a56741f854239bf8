/**
 * Which keys a user may read and write: the union of what all of its roles allow, so that a range is allowed if no key
 * in it is not, whichever roles that takes. A role that does not exist allows nothing.
 */
import { concatBytes } from '../../../core/bytes.ts'
import type { StoreView } from '../../../runtime/store.ts'
import { type Interval, IntervalSet } from '../interval-set.ts'
import type { AuthStanding } from './auth-standing.ts'
import { roleNamed, userNamed } from './auth-store.ts'
import { REMEMBERED_USERS_MAX } from './limits.ts'
import { PermissionType, ROOT } from './types.ts'

export interface KeyPermissions {
  /** Has the role that may do everything. */
  readonly isRoot: boolean
  readonly read: IntervalSet
  readonly write: IntervalSet
}

/**
 * The keys that are meant by `key` and `rangeEnd`, the single zero byte read as "to the end" wherever it comes from:
 * a request, a watch and a permission are compared by the same rule (GHSA-xg4h-6gfc-h4m8 tells what happens otherwise).
 */
export function intervalOf(key: Uint8Array, rangeEnd: Uint8Array): Interval {
  if (rangeEnd.length === 0) return { from: key, to: concatBytes([key, ZERO]) }
  return { from: key, to: rangeEnd.length === 1 && rangeEnd[0] === 0 ? undefined : rangeEnd }
}

const ZERO = Uint8Array.of(0)

/** What there is to know of the users that asked last, for as long as nothing changes. */
export class PermissionMemory {
  readonly #standing: AuthStanding
  #generation = -1
  readonly #users = new Map<string, KeyPermissions | undefined>()

  constructor(standing: AuthStanding) {
    this.#standing = standing
  }

  /** Undefined: there is no such user. */
  of(view: StoreView, user: string): KeyPermissions | undefined {
    const { generation } = this.#standing
    if (this.#generation !== generation || this.#users.size >= REMEMBERED_USERS_MAX) {
      this.#users.clear()
      this.#generation = generation
    }
    if (!this.#users.has(user)) this.#users.set(user, permissionsOf(view, user))
    return this.#users.get(user)
  }
}

function permissionsOf(view: StoreView, user: string): KeyPermissions | undefined {
  const record = userNamed(view, user)
  if (record === undefined) return undefined
  const read: Interval[] = []
  const write: Interval[] = []
  for (const role of record.roles) {
    for (const { type, key, rangeEnd } of roleNamed(view, role)?.permissions ?? []) {
      const interval = intervalOf(key, rangeEnd)
      if (type !== PermissionType.write) read.push(interval)
      if (type !== PermissionType.read) write.push(interval)
    }
  }
  return { isRoot: record.roles.includes(ROOT), read: new IntervalSet(read), write: new IntervalSet(write) }
}
