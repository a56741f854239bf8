import type { NodeId } from '../../core/ids.ts'
import { type Instant, msBetween } from '../../core/time.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { RefusalReason } from '../../wire/frame/index.ts'
import { COMPLAINT_INTERVAL_MS, COMPLAINTS_MAX } from './limits.ts'

/** The stable codes of what can be wrong with a peer, and what its operator can do. */
export const PEER_ERRORS: Readonly<Record<RefusalReason, { readonly code: string; readonly hint: string }>> =
  {
    foreignCluster: {
      code: 'QUORATE_PEER_FOREIGN_CLUSTER',
      hint: 'The two nodes were started with different cluster tokens or initial members.',
    },
    version: {
      code: 'QUORATE_PEER_VERSION',
      hint: 'The two nodes share no protocol version: upgrade one version at a time.',
    },
    unknown: {
      code: 'QUORATE_PEER_UNKNOWN',
      hint: 'The dialling node is not, or no longer, a member: add it, or stop it.',
    },
    removed: {
      code: 'QUORATE_PEER_REMOVED',
      hint: 'The dialling node was removed: stop it. To take part again it is added as a new member.',
    },
    misdirected: {
      code: 'QUORATE_PEER_MISDIRECTED',
      hint: 'Another node answers at this address: check the peer URLs.',
    },
    otherConsensus: {
      code: 'QUORATE_PEER_OTHER_CONSENSUS',
      hint: 'All members of a cluster run one consensus protocol: check --consensus.',
    },
    protocol: {
      code: 'QUORATE_PEER_PROTOCOL',
      hint: 'Bytes were damaged on the way, or something else than a Quorate node is connected.',
    },
  }

/** Logs what is wrong with peers, each complaint once in a while: they dial again every second. */
export class Complaints {
  readonly #clock: Clock
  readonly #log: Logger
  readonly #lastAt = new Map<string, Instant>()

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock
    this.#log = log
  }

  /** About a peer that is known by id, or about whoever is at the other end of a connection. */
  about(reason: RefusalReason, who: NodeId | undefined, remote: string, text: string): void {
    const { code, hint } = PEER_ERRORS[reason]
    if (!this.#isNew(`${code} ${who ?? hostOf(remote)}`)) return
    const peer = who === undefined ? {} : { peer: who }
    this.#log.warn(`peer: ${text}`, { code, ...peer, remote, hint })
  }

  #isNew(key: string): boolean {
    const now = this.#clock.now()
    const last = this.#lastAt.get(key)
    if (last !== undefined && msBetween(last, now) < COMPLAINT_INTERVAL_MS) return false
    // The oldest is forgotten: it may then be said again early.
    this.#lastAt.delete(key)
    if (this.#lastAt.size >= COMPLAINTS_MAX) this.#lastAt.delete(this.#lastAt.keys().next().value!)
    this.#lastAt.set(key, now)
    return true
  }
}

/** Without the port, which is another one with every connection. */
function hostOf(remote: string): string {
  return remote.slice(0, remote.lastIndexOf(':'))
}
