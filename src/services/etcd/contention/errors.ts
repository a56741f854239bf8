/**
 * What the Lock and Election services refuse beyond the API's own errors, in the words of etcd's. There these are no
 * errors of the catalogue: clients get `Unknown` and the text.
 */
import { GrpcStatus } from '../../../wire/grpc/status.ts'
import type { EtcdError } from '../errors.ts'

const refused = (code: string, message: string, hint: string): EtcdError => ({
  code,
  status: GrpcStatus.unknown,
  message,
  outcome: 'refused',
  hint,
})

export const ContentionErrors = {
  noElectedLeader: refused(
    'QUORATE_ELECTION_NO_LEADER',
    'election: no leader',
    'nobody is elected: campaign, or observe',
  ),
  notElected: refused(
    'QUORATE_ELECTION_NOT_LEADER',
    'election: not leader',
    'the key under which it was elected has gone: campaign again',
  ),
  leaderKeyMissing: refused(
    'QUORATE_ELECTION_LEADER_KEY_MISSING',
    '"leader" field must be provided',
    'give the leader key that the campaign was answered with',
  ),
  sessionExpired: refused(
    'QUORATE_LOCK_SESSION_EXPIRED',
    'mutex: session is expired',
    'the lease ended while it waited: grant another, keep it alive, and lock again',
  ),
} as const satisfies Record<string, EtcdError>
