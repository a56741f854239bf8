/** The paths of etcd's JSON gateway (`POST /v3/...`): which method each is, and what it takes and gives. */
import type { MessageName } from '../../../wire/etcd/json/schema.ts'

export interface Route {
  /** The path of the gRPC method. */
  readonly rpc: string
  readonly request: MessageName
  readonly response: MessageName
}

const route = (rpc: string, request: MessageName, response: MessageName): Route => ({
  rpc,
  request,
  response,
})

const LEASE_REVOKE = route('/etcdserverpb.Lease/LeaseRevoke', 'LeaseRevokeRequest', 'LeaseRevokeResponse')
const LEASE_TIME_TO_LIVE = route(
  '/etcdserverpb.Lease/LeaseTimeToLive',
  'LeaseTimeToLiveRequest',
  'LeaseTimeToLiveResponse',
)
const LEASE_LEASES = route('/etcdserverpb.Lease/LeaseLeases', 'LeaseLeasesRequest', 'LeaseLeasesResponse')

const auth = (method: string): Route =>
  route(
    `/etcdserverpb.Auth/${method}`,
    authMessage(method, 'Request') as MessageName,
    authMessage(method, 'Response') as MessageName,
  )

/** The messages of users and roles carry the service's name in theirs. */
function authMessage(method: string, kind: 'Request' | 'Response'): string {
  return `${/^(User|Role)/.test(method) ? 'Auth' : ''}${method}${kind}`
}

export const ROUTES: ReadonlyMap<string, Route> = new Map([
  ['/v3/kv/range', route('/etcdserverpb.KV/Range', 'RangeRequest', 'RangeResponse')],
  ['/v3/kv/put', route('/etcdserverpb.KV/Put', 'PutRequest', 'PutResponse')],
  ['/v3/kv/deleterange', route('/etcdserverpb.KV/DeleteRange', 'DeleteRangeRequest', 'DeleteRangeResponse')],
  ['/v3/kv/txn', route('/etcdserverpb.KV/Txn', 'TxnRequest', 'TxnResponse')],
  ['/v3/kv/compaction', route('/etcdserverpb.KV/Compact', 'CompactionRequest', 'CompactionResponse')],
  ['/v3/watch', route('/etcdserverpb.Watch/Watch', 'WatchRequest', 'WatchResponse')],
  ['/v3/lease/grant', route('/etcdserverpb.Lease/LeaseGrant', 'LeaseGrantRequest', 'LeaseGrantResponse')],
  ['/v3/lease/revoke', LEASE_REVOKE],
  ['/v3/kv/lease/revoke', LEASE_REVOKE],
  [
    '/v3/lease/keepalive',
    route('/etcdserverpb.Lease/LeaseKeepAlive', 'LeaseKeepAliveRequest', 'LeaseKeepAliveResponse'),
  ],
  ['/v3/lease/timetolive', LEASE_TIME_TO_LIVE],
  ['/v3/kv/lease/timetolive', LEASE_TIME_TO_LIVE],
  ['/v3/lease/leases', LEASE_LEASES],
  ['/v3/kv/lease/leases', LEASE_LEASES],
  [
    '/v3/cluster/member/add',
    route('/etcdserverpb.Cluster/MemberAdd', 'MemberAddRequest', 'MemberAddResponse'),
  ],
  [
    '/v3/cluster/member/remove',
    route('/etcdserverpb.Cluster/MemberRemove', 'MemberRemoveRequest', 'MemberRemoveResponse'),
  ],
  [
    '/v3/cluster/member/update',
    route('/etcdserverpb.Cluster/MemberUpdate', 'MemberUpdateRequest', 'MemberUpdateResponse'),
  ],
  [
    '/v3/cluster/member/list',
    route('/etcdserverpb.Cluster/MemberList', 'MemberListRequest', 'MemberListResponse'),
  ],
  [
    '/v3/cluster/member/promote',
    route('/etcdserverpb.Cluster/MemberPromote', 'MemberPromoteRequest', 'MemberPromoteResponse'),
  ],
  ['/v3/maintenance/alarm', route('/etcdserverpb.Maintenance/Alarm', 'AlarmRequest', 'AlarmResponse')],
  ['/v3/maintenance/status', route('/etcdserverpb.Maintenance/Status', 'StatusRequest', 'StatusResponse')],
  [
    '/v3/maintenance/defragment',
    route('/etcdserverpb.Maintenance/Defragment', 'DefragmentRequest', 'DefragmentResponse'),
  ],
  ['/v3/maintenance/hash', route('/etcdserverpb.Maintenance/Hash', 'HashRequest', 'HashResponse')],
  ['/v3/maintenance/hashkv', route('/etcdserverpb.Maintenance/HashKV', 'HashKVRequest', 'HashKVResponse')],
  [
    '/v3/maintenance/snapshot',
    route('/etcdserverpb.Maintenance/Snapshot', 'SnapshotRequest', 'SnapshotResponse'),
  ],
  [
    '/v3/maintenance/transfer-leadership',
    route('/etcdserverpb.Maintenance/MoveLeader', 'MoveLeaderRequest', 'MoveLeaderResponse'),
  ],
  [
    '/v3/maintenance/downgrade',
    route('/etcdserverpb.Maintenance/Downgrade', 'DowngradeRequest', 'DowngradeResponse'),
  ],
  ['/v3/auth/enable', auth('AuthEnable')],
  ['/v3/auth/disable', auth('AuthDisable')],
  ['/v3/auth/status', auth('AuthStatus')],
  ['/v3/auth/authenticate', auth('Authenticate')],
  ['/v3/auth/user/add', auth('UserAdd')],
  ['/v3/auth/user/get', auth('UserGet')],
  ['/v3/auth/user/list', auth('UserList')],
  ['/v3/auth/user/delete', auth('UserDelete')],
  ['/v3/auth/user/changepw', auth('UserChangePassword')],
  ['/v3/auth/user/grant', auth('UserGrantRole')],
  ['/v3/auth/user/revoke', auth('UserRevokeRole')],
  ['/v3/auth/role/add', auth('RoleAdd')],
  ['/v3/auth/role/get', auth('RoleGet')],
  ['/v3/auth/role/list', auth('RoleList')],
  ['/v3/auth/role/delete', auth('RoleDelete')],
  ['/v3/auth/role/grant', auth('RoleGrantPermission')],
  ['/v3/auth/role/revoke', auth('RoleRevokePermission')],
  ['/v3/lock/lock', route('/v3lockpb.Lock/Lock', 'LockRequest', 'LockResponse')],
  ['/v3/lock/unlock', route('/v3lockpb.Lock/Unlock', 'UnlockRequest', 'UnlockResponse')],
  ['/v3/election/campaign', route('/v3electionpb.Election/Campaign', 'CampaignRequest', 'CampaignResponse')],
  ['/v3/election/proclaim', route('/v3electionpb.Election/Proclaim', 'ProclaimRequest', 'ProclaimResponse')],
  ['/v3/election/leader', route('/v3electionpb.Election/Leader', 'LeaderRequest', 'LeaderResponse')],
  ['/v3/election/observe', route('/v3electionpb.Election/Observe', 'LeaderRequest', 'LeaderResponse')],
  ['/v3/election/resign', route('/v3electionpb.Election/Resign', 'ResignRequest', 'ResignResponse')],
])
