/**
 * What a caller is told about a request that failed below the API. The outcome decides: an error of the
 * replica that says "unknown" becomes one of etcd's time-outs, one that says "refused" becomes an error with
 * which etcd, too, has done nothing.
 */
import type { QuorateError } from '../../core/errors.ts'
import type { KvRefusal } from '../../machines/kv/types.ts'
import type { InvalidReason } from '../../machines/kv/validate.ts'
import { ReplicaErrors } from '../../replication/replica.ts'
import { type EtcdError, EtcdErrors } from './errors.ts'

/** @param deadlinePassed whether the caller had waited as long as it would. */
export function proposalFailure(error: QuorateError, deadlinePassed: boolean): EtcdError {
  if (error.outcome === 'unknown') {
    return deadlinePassed ? EtcdErrors.timedOut : EtcdErrors.timedOutLeaderFailed
  }
  // A proposal that was refused because time ran out never reached a leader.
  return refusedFailure(error)
}

/** A read has no outcome to be unsure of. */
export function readFailure(error: QuorateError): EtcdError {
  return error.code === ReplicaErrors.timeout ? EtcdErrors.timedOut : refusedFailure(error)
}

/** A request that makes no sense, whatever the state is. */
export function invalidError(reason: InvalidReason): EtcdError {
  return INVALID[reason]
}

/** A request that the state does not allow. */
export function refusalError(reason: KvRefusal): EtcdError {
  return REFUSALS[reason]
}

function refusedFailure({ code }: QuorateError): EtcdError {
  if (code === ReplicaErrors.overloaded) return EtcdErrors.tooManyRequests
  if (code === ReplicaErrors.stopping) return EtcdErrors.serverStopped
  return EtcdErrors.noLeader
}

const INVALID: Readonly<Record<InvalidReason, EtcdError>> = {
  keyNotProvided: EtcdErrors.keyNotProvided,
  valueProvided: EtcdErrors.valueProvided,
  leaseProvided: EtcdErrors.leaseProvided,
  invalidSortOption: EtcdErrors.invalidSortOption,
  tooManyOps: EtcdErrors.tooManyOperations,
  duplicateKey: EtcdErrors.duplicateKey,
  keyNotFound: EtcdErrors.keyNotFound,
}

const REFUSALS: Readonly<Record<KvRefusal, EtcdError>> = {
  keyNotFound: EtcdErrors.keyNotFound,
  leaseNotFound: EtcdErrors.leaseNotFound,
  leaseExists: EtcdErrors.leaseExists,
  compacted: EtcdErrors.compacted,
  futureRevision: EtcdErrors.futureRevision,
  unknownCommand: EtcdErrors.notCapable,
  noSpace: EtcdErrors.noSpace,
  corrupt: EtcdErrors.corruptCluster,
  userEmpty: EtcdErrors.userEmpty,
  userExists: EtcdErrors.userExists,
  userNotFound: EtcdErrors.userNotFound,
  roleEmpty: EtcdErrors.roleEmpty,
  roleExists: EtcdErrors.roleExists,
  roleNotFound: EtcdErrors.roleNotFound,
  roleNotGranted: EtcdErrors.roleNotGranted,
  permissionNotGranted: EtcdErrors.permissionNotGranted,
  invalidAuthManagement: EtcdErrors.invalidAuthManagement,
  rootUserMissing: EtcdErrors.rootUserMissing,
  rootRoleMissing: EtcdErrors.rootRoleMissing,
  authenticationNotEnabled: EtcdErrors.authenticationNotEnabled,
  authRevisionOld: EtcdErrors.authRevisionOld,
  permissionDenied: EtcdErrors.permissionDenied,
  authFull: EtcdErrors.tooManyRequests,
  downgradeInProgress: EtcdErrors.downgradeInProgress,
  noDowngrade: EtcdErrors.noDowngrade,
}
