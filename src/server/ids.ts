import type { GroupId } from '../core/ids.ts'

/** The group of the key-value store that the etcd API serves. */
export const KV_GROUP = 1 as GroupId
