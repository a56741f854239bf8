/** The real runtime: the only folder that touches sockets, files, timers, threads and the process. */
export {
  type CertificateRequest,
  checkAuthority,
  issueCertificate,
  type KeyPair,
  makeAuthority,
} from './certificates/authority.ts'
export { nodeChecksum } from './checksum.ts'
export { type NodeClockOptions, nodeClock } from './clock.ts'
export { nodeDisk } from './disk.ts'
export { HALT_EXIT_STATUS } from './limits.ts'
export { type LogLevel, type PinoLoggerOptions, pinoLogger } from './logger.ts'
export { type NodeNetworkOptions, nodeNetwork } from './network.ts'
export { type NodeRuntimeOptions, nodeRuntime } from './runtime.ts'
export { nodeSha256 } from './sha256.ts'
export type { JobsThreadOptions } from './thread-jobs.ts'
