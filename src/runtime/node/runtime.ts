/** The real world as a `Runtime`: this process, its event loop, files and sockets. */
import { randomBytes } from 'node:crypto'
import { QuorateError } from '../../core/errors.ts'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { inlineJobs, type JobWorld } from '../jobs.ts'
import type { LogFields, Logger } from '../logger.ts'
import type { Runtime } from '../runtime.ts'
import { nodeChecksum } from './checksum.ts'
import { type NodeClockOptions, nodeClock } from './clock.ts'
import { openFilesMax } from './descriptors.ts'
import { nodeDisk } from './disk.ts'
import { HALT_EXIT_STATUS } from './limits.ts'
import { pinoLogger } from './logger.ts'
import { type NodeNetworkOptions, nodeNetwork } from './network.ts'
import { nodePasswordKey } from './password-key.ts'
import { processUsage } from './process-usage.ts'
import { nodeSha256 } from './sha256.ts'
import { nodeSigner } from './signer.ts'
import { type JobsThreadOptions, threadJobs } from './thread-jobs.ts'

export interface NodeRuntimeOptions extends NodeClockOptions, NodeNetworkOptions {
  /** Default: JSON lines on standard error. */
  readonly log?: Logger
  /** What carries out the node's jobs. Default: no thread, but the node's own turns. */
  readonly jobsThread?: JobsThreadOptions
  /** Leaves the process; a test or an embedding program may do something else, but must not return. */
  readonly exit?: (status: number) => never
}

export function nodeRuntime(options: NodeRuntimeOptions = {}): Runtime {
  const log = options.log ?? pinoLogger()
  const exit = options.exit ?? (status => process.exit(status))
  const world: JobWorld = {
    clock: nodeClock(options),
    disk: nodeDisk(),
    checksum: nodeChecksum(),
    halt(reason) {
      log.error('halt: this node stops at once', haltFields(reason))
      return exit(HALT_EXIT_STATUS)
    },
  }
  return {
    ...world,
    sha256: nodeSha256,
    random: unpredictableRandom(),
    entropy: count => new Uint8Array(randomBytes(count)),
    network: nodeNetwork({ ...options, log }),
    jobs: options.jobsThread ? threadJobs({ ...options.jobsThread, halt: world.halt }) : inlineJobs(world),
    passwordKey: nodePasswordKey,
    openSigner: nodeSigner,
    log,
    processUsage,
    openFilesMax: openFilesMax(),
  }
}

function unpredictableRandom(): Random {
  const seed = randomBytes(6)
  return randomFromSeed(seed.readUIntLE(0, 6))
}

function haltFields(reason: Error): LogFields {
  const fields = { reason: reason.message, kind: reason.name, stack: reason.stack ?? '' }
  return reason instanceof QuorateError ? { ...fields, code: reason.code } : fields
}
