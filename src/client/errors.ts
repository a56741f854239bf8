/** What a request may fail with. Each error says whether the request was surely not done, or may have been. */
import { type FailedOutcome, QuorateError } from '../core/errors.ts'
import { GrpcStatus } from '../wire/grpc/status.ts'

export const ClientErrors = {
  /** Refused: no node could be reached, or none had a leader, before the deadline. */
  unavailable: 'QUORATE_CLIENT_UNAVAILABLE',
  /** Unknown: the request was sent and its answer never came. */
  outcomeUnknown: 'QUORATE_CLIENT_OUTCOME_UNKNOWN',
  /** Refused: the cluster answered that it will not do this; `status` and the message say why. */
  rejected: 'QUORATE_CLIENT_REJECTED',
  /** Refused: the answer or an argument is not what the protocol says. */
  protocol: 'QUORATE_CLIENT_PROTOCOL',
  /** Refused: too many requests wait already, or the client was closed. */
  closed: 'QUORATE_CLIENT_CLOSED',
  /** Refused: what a watch still needs is compacted; `compactRevision` is where one may start. */
  compacted: 'QUORATE_CLIENT_COMPACTED',
  /** Unknown: a lease that kept itself alive is gone, or may be; so may be what was done under it. */
  leaseLost: 'QUORATE_CLIENT_LEASE_LOST',
} as const

export class ClientError extends QuorateError {
  override readonly name = 'ClientError'
  /** The gRPC status that the cluster answered with, if it answered. */
  readonly status: GrpcStatus | undefined

  constructor(code: string, message: string, outcome: FailedOutcome, status?: GrpcStatus) {
    super(code, message, outcome)
    this.status = status
  }
}

export class CompactedError extends ClientError {
  /** What happened from here on can still be watched; how things stood before is read at this revision. */
  readonly compactRevision: number

  constructor(compactRevision: number) {
    super(ClientErrors.compacted, `what was to be watched is compacted up to ${compactRevision}`, 'refused')
    this.compactRevision = compactRevision
  }
}

/** What one attempt at one node came to. */
export type Attempt =
  | { readonly kind: 'answered'; readonly response: Uint8Array }
  /** The cluster will not do it, here or elsewhere; or did it, and will not say what came of it. */
  | {
      readonly kind: 'rejected'
      readonly status: GrpcStatus
      readonly message: string
      readonly outcome: FailedOutcome
    }
  /** Surely not done, and worth another try: not sent, no leader, too busy. */
  | { readonly kind: 'refused'; readonly message: string }
  /** Sent, and nobody knows. */
  | { readonly kind: 'unknown'; readonly message: string }

/**
 * Refusals that pass: the request was not done and may be by another node, or a little later. A server that
 * stops is not among them: etcd says so of requests that it has already proposed.
 */
const PASSING = new Set([
  'etcdserver: no leader',
  'etcdserver: too many requests',
  'etcdserver: rpc not supported for learner',
])

/** grpc-go's words for a response that is too large to be sent: what was asked has been done by then. */
const RESPONSE_TOO_LARGE = 'grpc: trying to send message larger than max'

/** Statuses with which a server says that it did nothing and never will. */
const DEFINITE: ReadonlySet<GrpcStatus> = new Set<GrpcStatus>([
  GrpcStatus.invalidArgument,
  GrpcStatus.notFound,
  GrpcStatus.alreadyExists,
  GrpcStatus.permissionDenied,
  GrpcStatus.resourceExhausted,
  GrpcStatus.failedPrecondition,
  GrpcStatus.outOfRange,
  GrpcStatus.unimplemented,
  GrpcStatus.unauthenticated,
])

/** Reads a server's answer other than ok; whatever is not surely a refusal counts as unknown. */
export function attemptFromStatus(status: GrpcStatus, message: string): Attempt {
  if (PASSING.has(message)) return { kind: 'refused', message }
  if (DEFINITE.has(status)) {
    const outcome = message.startsWith(RESPONSE_TOO_LARGE) ? 'unknown' : 'refused'
    return { kind: 'rejected', status, message, outcome }
  }
  return { kind: 'unknown', message }
}
