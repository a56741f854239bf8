import type { Checksum } from '../core/crc32c.ts'
import type { Random } from '../core/prng.ts'
import type { Sha256 } from '../core/sha256.ts'
import type { Clock } from './clock.ts'
import type { Disk } from './disk.ts'
import type { Jobs } from './jobs.ts'
import type { Logger } from './logger.ts'
import type { Network } from './network.ts'
import type { ProcessUsage } from './process-usage.ts'
import type { Signer, SignerKeys } from './signer.ts'

/** The outside world, as a node sees all of it. `runtime/node` and `sim/` each make one. */
export interface Runtime {
  readonly clock: Clock
  /** For timeouts and jitter: seeded in the simulator, so never a secret. */
  readonly random: Random
  /** Unpredictable bytes, for ids that must not collide and for secrets. */
  entropy(count: number): Uint8Array
  readonly disk: Disk
  readonly network: Network
  /** CRC-32C, the fastest that the platform has. */
  readonly checksum: Checksum
  /** Absent where the portable one is fast enough. */
  readonly sha256?: () => Sha256
  readonly jobs: Jobs
  /** Derives 32 bytes from a password, slowly on purpose: for a thread (`jobs`), never for the node's turns. */
  passwordKey(password: Uint8Array, salt: Uint8Array): Uint8Array
  /** Throws errors with codes when keys cannot be read. Absent where there are none (the simulator). */
  readonly openSigner?: (keys: SignerKeys) => Signer
  readonly log: Logger
  /**
   * Stops the node at once and for good: a broken invariant, a failed sync, damage on disk. Nothing is
   * acknowledged after it. The process exits with a status other than zero.
   */
  halt(reason: Error): never
  /** Absent where there is no process to ask (the simulator). */
  processUsage?(): ProcessUsage
  /** Files and connections that may be open at the same time. Absent where nothing counts them (the simulator). */
  readonly openFilesMax?: number
}
