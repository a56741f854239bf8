/**
 * The errors of etcd's v3 API: every code and message of `api/v3rpc/rpctypes`, because clients recognise an
 * error by its message. Each has a stable code of ours beside it, an outcome, and what the reader can do;
 * `docs/reference/errors.md` is made from this catalogue.
 *
 * The outcome is what matters most. An error that says "unknown" is never answered for a request that was
 * surely not done, and never the other way round: a client decides by it whether it may repeat a write.
 */
import type { FailedOutcome } from '../../core/errors.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'

export interface EtcdError {
  readonly code: string
  readonly status: GrpcStatus
  readonly message: string
  readonly outcome: FailedOutcome
  readonly hint: string
}

const refused = (code: string, status: GrpcStatus, message: string, hint: string): EtcdError => ({
  code,
  status,
  message: `etcdserver: ${message}`,
  outcome: 'refused',
  hint,
})

const unknown = (code: string, status: GrpcStatus, message: string, hint: string): EtcdError => ({
  ...refused(code, status, message, hint),
  outcome: 'unknown',
})

export const EtcdErrors = {
  watchCancelled: refused(
    'QUORATE_ETCD_WATCH_CANCELLED',
    GrpcStatus.cancelled,
    'watch canceled',
    'open the watch again from the revision after the last one seen',
  ),
  requestCancelled: unknown(
    'QUORATE_ETCD_REQUEST_CANCELLED',
    GrpcStatus.cancelled,
    'request canceled',
    'the caller gave up; whether a write was done is unknown',
  ),
  keyNotProvided: refused(
    'QUORATE_ETCD_KEY_NOT_PROVIDED',
    GrpcStatus.invalidArgument,
    'key is not provided',
    'give every range, put, delete and comparison a key',
  ),
  keyNotFound: refused(
    'QUORATE_ETCD_KEY_NOT_FOUND',
    GrpcStatus.invalidArgument,
    'key not found',
    '`ignore_value` and `ignore_lease` need a key that exists; an operation of a transaction must be a range, put, delete or transaction',
  ),
  valueProvided: refused(
    'QUORATE_ETCD_VALUE_PROVIDED',
    GrpcStatus.invalidArgument,
    'value is provided',
    'leave the value empty together with `ignore_value`',
  ),
  leaseProvided: refused(
    'QUORATE_ETCD_LEASE_PROVIDED',
    GrpcStatus.invalidArgument,
    'lease is provided',
    'leave the lease 0 together with `ignore_lease`',
  ),
  tooManyOperations: refused(
    'QUORATE_ETCD_TOO_MANY_OPERATIONS',
    GrpcStatus.invalidArgument,
    'too many operations in txn request',
    'split the transaction, or raise `--max-txn-ops`',
  ),
  duplicateKey: refused(
    'QUORATE_ETCD_DUPLICATE_KEY',
    GrpcStatus.invalidArgument,
    'duplicate key given in txn request',
    'one branch of a transaction may put a key once, and not delete what it puts',
  ),
  invalidClientApiVersion: refused(
    'QUORATE_ETCD_INVALID_CLIENT_API_VERSION',
    GrpcStatus.invalidArgument,
    'invalid client api version',
    'send `client-api-version` as plain text',
  ),
  invalidSortOption: refused(
    'QUORATE_ETCD_INVALID_SORT_OPTION',
    GrpcStatus.invalidArgument,
    'invalid sort option',
    'use a sort order and target of the API',
  ),
  memberUrlsInvalid: refused(
    'QUORATE_ETCD_MEMBER_URLS_INVALID',
    GrpcStatus.invalidArgument,
    'given member URLs are invalid',
    'give peer URLs with scheme, host and port',
  ),
  requestTooLarge: refused(
    'QUORATE_ETCD_REQUEST_TOO_LARGE',
    GrpcStatus.invalidArgument,
    'request is too large',
    'keep requests below `--max-request-bytes` (1.5 MiB)',
  ),
  userEmpty: refused(
    'QUORATE_ETCD_USER_EMPTY',
    GrpcStatus.invalidArgument,
    'user name is empty',
    'authenticate first, or name a user',
  ),
  roleEmpty: refused(
    'QUORATE_ETCD_ROLE_EMPTY',
    GrpcStatus.invalidArgument,
    'role name is empty',
    'name a role',
  ),
  authenticationFailed: refused(
    'QUORATE_ETCD_AUTHENTICATION_FAILED',
    GrpcStatus.invalidArgument,
    'authentication failed, invalid user ID or password',
    'check name and password',
  ),
  permissionNotGiven: refused(
    'QUORATE_ETCD_PERMISSION_NOT_GIVEN',
    GrpcStatus.invalidArgument,
    'permission not given',
    'say which permission to grant',
  ),
  invalidAuthManagement: refused(
    'QUORATE_ETCD_INVALID_AUTH_MANAGEMENT',
    GrpcStatus.invalidArgument,
    'invalid auth management',
    'do not take `root` its role while authentication is on',
  ),
  authRevisionOld: refused(
    'QUORATE_ETCD_AUTH_REVISION_OLD',
    GrpcStatus.invalidArgument,
    'revision of auth store is old',
    'authenticate again and repeat the request',
  ),
  downgradeVersionFormat: refused(
    'QUORATE_ETCD_DOWNGRADE_VERSION_FORMAT',
    GrpcStatus.invalidArgument,
    'wrong downgrade target version format',
    'write the version as major.minor.patch',
  ),
  downgradeVersionInvalid: refused(
    'QUORATE_ETCD_DOWNGRADE_VERSION_INVALID',
    GrpcStatus.invalidArgument,
    'invalid downgrade target version',
    "the target is one minor version below the cluster's",
  ),
  deadlineExceeded: unknown(
    'QUORATE_ETCD_DEADLINE_EXCEEDED',
    GrpcStatus.deadlineExceeded,
    'context deadline exceeded',
    'whether a write was done is unknown: read before repeating it',
  ),
  leaseNotFound: refused(
    'QUORATE_ETCD_LEASE_NOT_FOUND',
    GrpcStatus.notFound,
    'requested lease not found',
    'grant a lease first; this one expired, was revoked, or never was',
  ),
  memberNotFound: refused(
    'QUORATE_ETCD_MEMBER_NOT_FOUND',
    GrpcStatus.notFound,
    'member not found',
    'list the members for their ids',
  ),
  permissionDenied: refused(
    'QUORATE_ETCD_PERMISSION_DENIED',
    GrpcStatus.permissionDenied,
    'permission denied',
    'have the permission granted to a role of the user',
  ),
  noSpace: refused(
    'QUORATE_ETCD_NO_SPACE',
    GrpcStatus.resourceExhausted,
    'mvcc: database space exceeded',
    'delete and compact; puts are accepted again once there is room',
  ),
  tooManyRequests: refused(
    'QUORATE_ETCD_TOO_MANY_REQUESTS',
    GrpcStatus.resourceExhausted,
    'too many requests',
    'repeat the request a little later: nothing was done',
  ),
  leaseExists: refused(
    'QUORATE_ETCD_LEASE_EXISTS',
    GrpcStatus.failedPrecondition,
    'lease already exists',
    'grant with another id, or with 0 to be given one',
  ),
  memberExists: refused(
    'QUORATE_ETCD_MEMBER_EXISTS',
    GrpcStatus.failedPrecondition,
    'member ID already exist',
    'the member is in the cluster already',
  ),
  peerUrlsExist: refused(
    'QUORATE_ETCD_PEER_URLS_EXIST',
    GrpcStatus.failedPrecondition,
    'Peer URLs already exists',
    'another member has these peer URLs',
  ),
  notEnoughStartedMembers: refused(
    'QUORATE_ETCD_NOT_ENOUGH_STARTED_MEMBERS',
    GrpcStatus.failedPrecondition,
    're-configuration failed due to not enough started members',
    'start the members that were added before',
  ),
  memberNotLearner: refused(
    'QUORATE_ETCD_MEMBER_NOT_LEARNER',
    GrpcStatus.failedPrecondition,
    'can only promote a learner member',
    'the member votes already',
  ),
  learnerNotReady: refused(
    'QUORATE_ETCD_LEARNER_NOT_READY',
    GrpcStatus.failedPrecondition,
    'can only promote a learner member which is in sync with leader',
    'wait until the learner has caught up',
  ),
  tooManyLearners: refused(
    'QUORATE_ETCD_TOO_MANY_LEARNERS',
    GrpcStatus.failedPrecondition,
    'too many learner members in cluster',
    'promote or remove a learner first',
  ),
  clusterIdMismatch: refused(
    'QUORATE_ETCD_CLUSTER_ID_MISMATCH',
    GrpcStatus.failedPrecondition,
    'cluster ID mismatch',
    'the member belongs to another cluster',
  ),
  rootUserMissing: refused(
    'QUORATE_ETCD_ROOT_USER_MISSING',
    GrpcStatus.failedPrecondition,
    'root user does not exist',
    'add the user `root`',
  ),
  rootRoleMissing: refused(
    'QUORATE_ETCD_ROOT_ROLE_MISSING',
    GrpcStatus.failedPrecondition,
    'root user does not have root role',
    'grant the role `root` to the user `root`',
  ),
  userExists: refused(
    'QUORATE_ETCD_USER_EXISTS',
    GrpcStatus.failedPrecondition,
    'user name already exists',
    'choose another name',
  ),
  userNotFound: refused(
    'QUORATE_ETCD_USER_NOT_FOUND',
    GrpcStatus.failedPrecondition,
    'user name not found',
    'add the user first',
  ),
  roleExists: refused(
    'QUORATE_ETCD_ROLE_EXISTS',
    GrpcStatus.failedPrecondition,
    'role name already exists',
    'choose another name',
  ),
  roleNotFound: refused(
    'QUORATE_ETCD_ROLE_NOT_FOUND',
    GrpcStatus.failedPrecondition,
    'role name not found',
    'add the role first',
  ),
  roleNotGranted: refused(
    'QUORATE_ETCD_ROLE_NOT_GRANTED',
    GrpcStatus.failedPrecondition,
    'role is not granted to the user',
    'nothing needs to be revoked',
  ),
  permissionNotGranted: refused(
    'QUORATE_ETCD_PERMISSION_NOT_GRANTED',
    GrpcStatus.failedPrecondition,
    'permission is not granted to the role',
    'nothing needs to be revoked',
  ),
  authenticationNotEnabled: refused(
    'QUORATE_ETCD_AUTHENTICATION_NOT_ENABLED',
    GrpcStatus.failedPrecondition,
    'authentication is not enabled',
    'send requests without a token, or enable authentication',
  ),
  notLeader: refused(
    'QUORATE_ETCD_NOT_LEADER',
    GrpcStatus.failedPrecondition,
    'not leader',
    'send the request to the leader (see Status)',
  ),
  notCapable: refused(
    'QUORATE_ETCD_NOT_CAPABLE',
    GrpcStatus.failedPrecondition,
    'not capable',
    'finish upgrading every member first',
  ),
  notForLearner: refused(
    'QUORATE_ETCD_NOT_FOR_LEARNER',
    GrpcStatus.failedPrecondition,
    'rpc not supported for learner',
    'send the request to a voting member',
  ),
  badTransferee: refused(
    'QUORATE_ETCD_BAD_TRANSFEREE',
    GrpcStatus.failedPrecondition,
    'bad leader transferee',
    'name a voting member',
  ),
  clusterVersionMissing: refused(
    'QUORATE_ETCD_CLUSTER_VERSION_MISSING',
    GrpcStatus.failedPrecondition,
    'cluster version not found during downgrade',
    'wait until the cluster knows its version',
  ),
  downgradeInProgress: refused(
    'QUORATE_ETCD_DOWNGRADE_IN_PROGRESS',
    GrpcStatus.failedPrecondition,
    'cluster has a downgrade job in progress',
    'cancel it, or wait until it is done',
  ),
  noDowngrade: refused(
    'QUORATE_ETCD_NO_DOWNGRADE',
    GrpcStatus.failedPrecondition,
    'no inflight downgrade job',
    'nothing needs to be cancelled',
  ),
  compacted: refused(
    'QUORATE_ETCD_COMPACTED',
    GrpcStatus.outOfRange,
    'mvcc: required revision has been compacted',
    'read at the newest revision, or at one after the last compaction',
  ),
  futureRevision: refused(
    'QUORATE_ETCD_FUTURE_REVISION',
    GrpcStatus.outOfRange,
    'mvcc: required revision is a future revision',
    'wait for that revision, or read at the newest',
  ),
  leaseTtlTooLarge: refused(
    'QUORATE_ETCD_LEASE_TTL_TOO_LARGE',
    GrpcStatus.outOfRange,
    'too large lease TTL',
    'grant at most 9,000,000,000 seconds',
  ),
  noLeader: refused(
    'QUORATE_ETCD_NO_LEADER',
    GrpcStatus.unavailable,
    'no leader',
    'repeat the request, here or elsewhere: nothing was done. If it stays, fewer than half of the members are up',
  ),
  leaderChanged: refused(
    'QUORATE_ETCD_LEADER_CHANGED',
    GrpcStatus.unavailable,
    'leader changed',
    'repeat the read',
  ),
  serverStopped: refused(
    'QUORATE_ETCD_SERVER_STOPPED',
    GrpcStatus.unavailable,
    'server stopped',
    'send the request to another member: nothing was done',
  ),
  timedOut: unknown(
    'QUORATE_ETCD_TIMED_OUT',
    GrpcStatus.unavailable,
    'request timed out',
    'whether a write was done is unknown: read before repeating it',
  ),
  timedOutLeaderFailed: unknown(
    'QUORATE_ETCD_TIMED_OUT_LEADER_FAILED',
    GrpcStatus.unavailable,
    'request timed out, possibly due to previous leader failure',
    'whether a write was done is unknown: read before repeating it',
  ),
  timedOutConnectionLost: unknown(
    'QUORATE_ETCD_TIMED_OUT_CONNECTION_LOST',
    GrpcStatus.unavailable,
    'request timed out, possibly due to connection lost',
    'whether a write was done is unknown: read before repeating it',
  ),
  timedOutApply: refused(
    'QUORATE_ETCD_TIMED_OUT_APPLY',
    GrpcStatus.unavailable,
    'request timed out, waiting for the applied index took too long',
    'this member is behind: send the request to another',
  ),
  unhealthyCluster: refused(
    'QUORATE_ETCD_UNHEALTHY_CLUSTER',
    GrpcStatus.unavailable,
    'unhealthy cluster',
    'bring the other members back before changing the membership',
  ),
  corruptCluster: refused(
    'QUORATE_ETCD_CORRUPT_CLUSTER',
    GrpcStatus.dataLoss,
    'corrupt cluster',
    'stop the members whose hashes differ, and restore them from the others',
  ),
  authTokenInvalid: refused(
    'QUORATE_ETCD_AUTH_TOKEN_INVALID',
    GrpcStatus.unauthenticated,
    'invalid auth token',
    'authenticate again and repeat the request',
  ),
} as const satisfies Record<string, EtcdError>
