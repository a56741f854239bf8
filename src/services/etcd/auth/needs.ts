/**
 * What each method of the API asks of its caller while authentication is on: the one list that every call passes. A
 * method that is not in it is root's alone, so that one that was forgotten gives nothing away.
 */
import { EtcdPaths } from '../method-paths.ts'

export type Need =
  /** Nothing: it is for those who have yet to say who they are. */
  | 'nobody'
  /** To be a user. */
  | 'user'
  /** To be a user whose permissions hold the keys of the request: looked at where the request is understood. */
  | 'keys'
  /** The same, of a stream that is told so request by request. */
  | 'keysOfStream'
  /** To be told of oneself, or to be root. */
  | 'self'
  | 'root'

const NEEDS: ReadonlyMap<string, Need> = new Map<string, Need>([
  [EtcdPaths.authenticate, 'nobody'],
  [EtcdPaths.authStatus, 'nobody'],
  [EtcdPaths.range, 'keys'],
  [EtcdPaths.rangeStream, 'keys'],
  [EtcdPaths.put, 'keys'],
  [EtcdPaths.deleteRange, 'keys'],
  [EtcdPaths.txn, 'keys'],
  [EtcdPaths.compact, 'root'],
  [EtcdPaths.watch, 'keysOfStream'],
  [EtcdPaths.leaseGrant, 'user'],
  [EtcdPaths.leaseRevoke, 'keys'],
  [EtcdPaths.leaseKeepAlive, 'keys'],
  [EtcdPaths.leaseTimeToLive, 'keys'],
  [EtcdPaths.leaseLeases, 'user'],
  [EtcdPaths.status, 'user'],
  [EtcdPaths.alarm, 'user'],
  [EtcdPaths.hashKv, 'root'],
  [EtcdPaths.snapshot, 'root'],
  [EtcdPaths.moveLeader, 'root'],
  [EtcdPaths.memberList, 'user'],
  [EtcdPaths.memberAdd, 'root'],
  [EtcdPaths.memberRemove, 'root'],
  [EtcdPaths.memberUpdate, 'root'],
  [EtcdPaths.memberPromote, 'root'],
  [EtcdPaths.downgrade, 'root'],
  [EtcdPaths.hash, 'root'],
  [EtcdPaths.defragment, 'root'],
  // Made of the methods above, which are asked in the caller's name.
  [EtcdPaths.lock, 'user'],
  [EtcdPaths.unlock, 'user'],
  [EtcdPaths.campaign, 'user'],
  [EtcdPaths.proclaim, 'user'],
  [EtcdPaths.leader, 'user'],
  [EtcdPaths.observe, 'user'],
  [EtcdPaths.resign, 'user'],
  [EtcdPaths.authEnable, 'root'],
  [EtcdPaths.authDisable, 'root'],
  [EtcdPaths.userAdd, 'root'],
  [EtcdPaths.userGet, 'self'],
  [EtcdPaths.userList, 'root'],
  [EtcdPaths.userDelete, 'root'],
  [EtcdPaths.userChangePassword, 'root'],
  [EtcdPaths.userGrantRole, 'root'],
  [EtcdPaths.userRevokeRole, 'root'],
  [EtcdPaths.roleAdd, 'root'],
  [EtcdPaths.roleGet, 'self'],
  [EtcdPaths.roleList, 'root'],
  [EtcdPaths.roleDelete, 'root'],
  [EtcdPaths.roleGrantPermission, 'root'],
  [EtcdPaths.roleRevokePermission, 'root'],
])

export function needOf(path: string): Need {
  return NEEDS.get(path) ?? 'root'
}

/** For the test that nothing was forgotten. */
export const LISTED_PATHS: ReadonlySet<string> = new Set(NEEDS.keys())
