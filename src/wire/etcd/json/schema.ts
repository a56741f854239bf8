/**
 * The messages of etcd's v3 API as a table, for the one place that treats them all alike: the mapping to JSON. A field
 * is `name=number type`, with `repeated` before the type of a list and `of NAME` behind a member of a oneof. The codecs
 * beside this folder do not use it; a test holds it to the schema that they are tested with.
 */

export const MESSAGES = {
  KeyValue: `
    key=1 bytes; create_revision=2 int64; mod_revision=3 int64; version=4 int64; value=5 bytes;
    lease=6 int64`,
  Event: 'type=1 Event_EventType; kv=2 KeyValue; prev_kv=3 KeyValue',
  ResponseHeader: 'cluster_id=1 uint64; member_id=2 uint64; revision=3 int64; raft_term=4 uint64',

  RangeRequest: `
    key=1 bytes; range_end=2 bytes; limit=3 int64; revision=4 int64; sort_order=5 RangeRequest_SortOrder;
    sort_target=6 RangeRequest_SortTarget; serializable=7 bool; keys_only=8 bool; count_only=9 bool;
    min_mod_revision=10 int64; max_mod_revision=11 int64; min_create_revision=12 int64;
    max_create_revision=13 int64`,
  RangeResponse: 'header=1 ResponseHeader; kvs=2 repeated KeyValue; more=3 bool; count=4 int64',
  PutRequest: `
    key=1 bytes; value=2 bytes; lease=3 int64; prev_kv=4 bool; ignore_value=5 bool; ignore_lease=6 bool`,
  PutResponse: 'header=1 ResponseHeader; prev_kv=2 KeyValue',
  DeleteRangeRequest: 'key=1 bytes; range_end=2 bytes; prev_kv=3 bool',
  DeleteRangeResponse: 'header=1 ResponseHeader; deleted=2 int64; prev_kvs=3 repeated KeyValue',
  RequestOp: `
    request_range=1 RangeRequest of request; request_put=2 PutRequest of request;
    request_delete_range=3 DeleteRangeRequest of request; request_txn=4 TxnRequest of request`,
  ResponseOp: `
    response_range=1 RangeResponse of response; response_put=2 PutResponse of response;
    response_delete_range=3 DeleteRangeResponse of response; response_txn=4 TxnResponse of response`,
  Compare: `
    result=1 Compare_CompareResult; target=2 Compare_CompareTarget; key=3 bytes;
    version=4 int64 of target_union; create_revision=5 int64 of target_union;
    mod_revision=6 int64 of target_union; value=7 bytes of target_union; lease=8 int64 of target_union;
    range_end=64 bytes`,
  TxnRequest: 'compare=1 repeated Compare; success=2 repeated RequestOp; failure=3 repeated RequestOp',
  TxnResponse: 'header=1 ResponseHeader; succeeded=2 bool; responses=3 repeated ResponseOp',
  CompactionRequest: 'revision=1 int64; physical=2 bool',
  CompactionResponse: 'header=1 ResponseHeader',

  WatchRequest: `
    create_request=1 WatchCreateRequest of request_union;
    cancel_request=2 WatchCancelRequest of request_union;
    progress_request=3 WatchProgressRequest of request_union`,
  WatchCreateRequest: `
    key=1 bytes; range_end=2 bytes; start_revision=3 int64; progress_notify=4 bool;
    filters=5 repeated WatchCreateRequest_FilterType; prev_kv=6 bool; watch_id=7 int64; fragment=8 bool`,
  WatchCancelRequest: 'watch_id=1 int64',
  WatchProgressRequest: '',
  WatchResponse: `
    header=1 ResponseHeader; watch_id=2 int64; created=3 bool; canceled=4 bool; compact_revision=5 int64;
    cancel_reason=6 string; fragment=7 bool; events=11 repeated Event`,

  LeaseGrantRequest: 'TTL=1 int64; ID=2 int64',
  LeaseGrantResponse: 'header=1 ResponseHeader; ID=2 int64; TTL=3 int64; error=4 string',
  LeaseRevokeRequest: 'ID=1 int64',
  LeaseRevokeResponse: 'header=1 ResponseHeader',
  LeaseKeepAliveRequest: 'ID=1 int64',
  LeaseKeepAliveResponse: 'header=1 ResponseHeader; ID=2 int64; TTL=3 int64',
  LeaseTimeToLiveRequest: 'ID=1 int64; keys=2 bool',
  LeaseTimeToLiveResponse: `
    header=1 ResponseHeader; ID=2 int64; TTL=3 int64; grantedTTL=4 int64; keys=5 repeated bytes`,
  LeaseLeasesRequest: '',
  LeaseStatus: 'ID=1 int64',
  LeaseLeasesResponse: 'header=1 ResponseHeader; leases=2 repeated LeaseStatus',

  Member: `
    ID=1 uint64; name=2 string; peerURLs=3 repeated string; clientURLs=4 repeated string;
    isLearner=5 bool`,
  MemberAddRequest: 'peerURLs=1 repeated string; isLearner=2 bool; quorateToVote=1001 bool',
  MemberAddResponse: 'header=1 ResponseHeader; member=2 Member; members=3 repeated Member',
  MemberRemoveRequest: 'ID=1 uint64',
  MemberRemoveResponse: 'header=1 ResponseHeader; members=2 repeated Member',
  MemberUpdateRequest: 'ID=1 uint64; peerURLs=2 repeated string',
  MemberUpdateResponse: 'header=1 ResponseHeader; members=2 repeated Member',
  MemberListRequest: 'linearizable=1 bool',
  MemberListResponse: 'header=1 ResponseHeader; members=2 repeated Member',
  MemberPromoteRequest: 'ID=1 uint64',
  MemberPromoteResponse: 'header=1 ResponseHeader; members=2 repeated Member',

  AlarmRequest: 'action=1 AlarmRequest_AlarmAction; memberID=2 uint64; alarm=3 AlarmType',
  AlarmMember: 'memberID=1 uint64; alarm=2 AlarmType',
  AlarmResponse: 'header=1 ResponseHeader; alarms=2 repeated AlarmMember',
  StatusRequest: '',
  StatusResponse: `
    header=1 ResponseHeader; version=2 string; dbSize=3 int64; leader=4 uint64; raftIndex=5 uint64;
    raftTerm=6 uint64; raftAppliedIndex=7 uint64; errors=8 repeated string; dbSizeInUse=9 int64;
    isLearner=10 bool; storageVersion=11 string; dbSizeQuota=12 int64; downgradeInfo=13 DowngradeInfo`,
  DowngradeInfo: 'enabled=1 bool; targetVersion=2 string',
  DefragmentRequest: '',
  DefragmentResponse: 'header=1 ResponseHeader',
  HashRequest: '',
  HashResponse: 'header=1 ResponseHeader; hash=2 uint32',
  HashKVRequest: 'revision=1 int64',
  HashKVResponse: 'header=1 ResponseHeader; hash=2 uint32; compact_revision=3 int64; hash_revision=4 int64',
  SnapshotRequest: '',
  SnapshotResponse: 'header=1 ResponseHeader; remaining_bytes=2 uint64; blob=3 bytes; version=4 string',
  MoveLeaderRequest: 'targetID=1 uint64',
  MoveLeaderResponse: 'header=1 ResponseHeader',
  DowngradeRequest: 'action=1 DowngradeRequest_DowngradeAction; version=2 string',
  DowngradeResponse: 'header=1 ResponseHeader; version=2 string',

  UserAddOptions: 'no_password=1 bool',
  Permission: 'permType=1 Permission_Type; key=2 bytes; range_end=3 bytes',
  AuthEnableRequest: '',
  AuthEnableResponse: 'header=1 ResponseHeader',
  AuthDisableRequest: '',
  AuthDisableResponse: 'header=1 ResponseHeader',
  AuthStatusRequest: '',
  AuthStatusResponse: 'header=1 ResponseHeader; enabled=2 bool; authRevision=3 uint64',
  AuthenticateRequest: 'name=1 string; password=2 string',
  AuthenticateResponse: 'header=1 ResponseHeader; token=2 string',
  AuthUserAddRequest: 'name=1 string; password=2 string; options=3 UserAddOptions; hashedPassword=4 string',
  AuthUserAddResponse: 'header=1 ResponseHeader',
  AuthUserGetRequest: 'name=1 string',
  AuthUserGetResponse: 'header=1 ResponseHeader; roles=2 repeated string',
  AuthUserListRequest: '',
  AuthUserListResponse: 'header=1 ResponseHeader; users=2 repeated string',
  AuthUserDeleteRequest: 'name=1 string',
  AuthUserDeleteResponse: 'header=1 ResponseHeader',
  AuthUserChangePasswordRequest: 'name=1 string; password=2 string; hashedPassword=3 string',
  AuthUserChangePasswordResponse: 'header=1 ResponseHeader',
  AuthUserGrantRoleRequest: 'user=1 string; role=2 string',
  AuthUserGrantRoleResponse: 'header=1 ResponseHeader',
  AuthUserRevokeRoleRequest: 'name=1 string; role=2 string',
  AuthUserRevokeRoleResponse: 'header=1 ResponseHeader',
  AuthRoleAddRequest: 'name=1 string',
  AuthRoleAddResponse: 'header=1 ResponseHeader',
  AuthRoleGetRequest: 'role=1 string',
  AuthRoleGetResponse: 'header=1 ResponseHeader; perm=2 repeated Permission',
  AuthRoleListRequest: '',
  AuthRoleListResponse: 'header=1 ResponseHeader; roles=2 repeated string',
  AuthRoleDeleteRequest: 'role=1 string',
  AuthRoleDeleteResponse: 'header=1 ResponseHeader',
  AuthRoleGrantPermissionRequest: 'name=1 string; perm=2 Permission',
  AuthRoleGrantPermissionResponse: 'header=1 ResponseHeader',
  AuthRoleRevokePermissionRequest: 'role=1 string; key=2 bytes; range_end=3 bytes',
  AuthRoleRevokePermissionResponse: 'header=1 ResponseHeader',

  LockRequest: 'name=1 bytes; lease=2 int64',
  LockResponse: 'header=1 ResponseHeader; key=2 bytes',
  UnlockRequest: 'key=1 bytes',
  UnlockResponse: 'header=1 ResponseHeader',
  CampaignRequest: 'name=1 bytes; lease=2 int64; value=3 bytes',
  CampaignResponse: 'header=1 ResponseHeader; leader=2 LeaderKey',
  LeaderKey: 'name=1 bytes; key=2 bytes; rev=3 int64; lease=4 int64',
  LeaderRequest: 'name=1 bytes',
  LeaderResponse: 'header=1 ResponseHeader; kv=2 KeyValue',
  ResignRequest: 'leader=1 LeaderKey',
  ResignResponse: 'header=1 ResponseHeader',
  ProclaimRequest: 'leader=1 LeaderKey; value=2 bytes',
  ProclaimResponse: 'header=1 ResponseHeader',
} as const

export const ENUMS = {
  Event_EventType: 'PUT=0 DELETE=1',
  RangeRequest_SortOrder: 'NONE=0 ASCEND=1 DESCEND=2',
  RangeRequest_SortTarget: 'KEY=0 VERSION=1 CREATE=2 MOD=3 VALUE=4',
  Compare_CompareResult: 'EQUAL=0 GREATER=1 LESS=2 NOT_EQUAL=3',
  Compare_CompareTarget: 'VERSION=0 CREATE=1 MOD=2 VALUE=3 LEASE=4',
  WatchCreateRequest_FilterType: 'NOPUT=0 NODELETE=1',
  AlarmType: 'NONE=0 NOSPACE=1 CORRUPT=2',
  AlarmRequest_AlarmAction: 'GET=0 ACTIVATE=1 DEACTIVATE=2',
  DowngradeRequest_DowngradeAction: 'VALIDATE=0 ENABLE=1 CANCEL=2',
  Permission_Type: 'READ=0 WRITE=1 READWRITE=2',
} as const

export type MessageName = keyof typeof MESSAGES
