/** What the service needs from the node around it. */
import type { Checksum } from '../../core/crc32c.ts'
import type { NodeId } from '../../core/ids.ts'
import type { Sha256 } from '../../core/sha256.ts'
import type { Instant } from '../../core/time.ts'
import type { ChangeFeed } from '../../machines/kv/change-feed.ts'
import type { KvResult } from '../../machines/kv/types.ts'
import type { Replica } from '../../replication/replica.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { DiskError } from '../../runtime/disk.ts'
import type { Jobs } from '../../runtime/jobs.ts'
import type { Signer } from '../../runtime/signer.ts'
import type { Member } from '../../wire/etcd/cluster.ts'
import type { PasswordKey } from './auth/password-record.ts'
import type { CorruptCheckSetting } from './corrupt-check.ts'
import type { EtcdCounters } from './counters.ts'
import { QUOTA_BYTES } from './limits.ts'

/** What of a store lies on disk. */
export interface StoreFiles {
  readonly bytes: number
  /** Held in memory of what was read there. */
  readonly cacheBytes: number
  /** Merges all there is into as few files as there can be, beside everything else; null for success. */
  defragment(done: (error: DiskError | null) => void): void
}

export interface EtcdOptions {
  readonly replica: Replica<KvResult>
  readonly clock: Clock
  readonly clusterId: bigint
  readonly memberId: bigint
  /** The name of the replica's consensus protocol, for its status. */
  readonly consensus?: string
  /** What the replica's machine tells of changes. */
  readonly changes: ChangeFeed
  /** The members as they are now. */
  members(): readonly Member[]
  readonly counters: EtcdCounters
  /** Derives and checks passwords beside the node's turns. */
  readonly jobs: Jobs
  readonly passwordKey: PasswordKey
  /** Tokens are signed by it; default: they are kept by the machine. */
  readonly tokenSigner?: Signer
  readonly tokenTtlSeconds?: number
  /** Unpredictable bytes: ids of leases, tokens and salts are made of them. */
  entropy(count: number): Uint8Array
  /** Since when what is sent to another member has had a way; undefined if it has none. */
  reachableSince(id: NodeId): Instant | undefined
  /** What this member understands. Default: `NODE_VERSION`. */
  readonly version?: number
  /** Which version of Quorate another member has told that it is; undefined if it never did. */
  versionOf?(id: NodeId): number | undefined
  /** Whether changes of membership are refused after which the cluster might not serve. */
  readonly isReconfigStrict: boolean
  readonly learnersMax: number
  /** CRC-32C for HashKV. Default: the portable one. */
  readonly checksum?: Checksum
  /** For snapshots. Default: the portable one. */
  readonly sha256?: () => Sha256
  /** Default: etcd's, `limits.ts`. */
  readonly requestBytesMax?: number
  readonly txnOperationsMax?: number
  readonly requestTimeoutMs?: number
  /** A stream that requires a leader ends when there was none for three times so long. */
  readonly electionTimeoutMs?: number
  readonly watchProgressIntervalMs?: number
  readonly watchAheadBytes?: number
  /** A lease that is asked for less lives so long. */
  readonly leaseTtlSecondsMin?: number
  /** 0: the default; below: none. */
  readonly quotaBytes?: number
  readonly rangeResponseBytesMax?: number
  /** The files of the member's store. Default: it has none (the simulator's smallest worlds). */
  readonly files?: StoreFiles
  /** Default: nothing is compared. */
  readonly corruptCheck?: CorruptCheckSetting
  /** Whether the disk had no room at the last attempt. Default: never. */
  isDiskFull?(): boolean
}

/**
 * What the store takes on the disk, as status and metrics tell it. Files that hold nothing but what is in use are
 * smaller than that: keys are shortened there.
 */
export function fileBytesOf({ replica, files }: EtcdOptions): number {
  return Math.max(replica.sizeBytes(), files?.bytes ?? 0)
}

/** Bytes above which puts are refused; negative if there is no such limit. */
export function quotaOf({ quotaBytes }: EtcdOptions): number {
  return quotaBytes === undefined || quotaBytes === 0 ? QUOTA_BYTES : quotaBytes
}
