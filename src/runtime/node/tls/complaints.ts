/** Says which handshakes failed, each kind once a minute: who fails comes back at once, and anybody may come. */
import type { Logger } from '../../logger.ts'
import { COMPLAINT_INTERVAL_MS, COMPLAINTS_MAX } from './limits.ts'

interface Said {
  at: number
  /** Of the same kind, since. */
  more: number
}

export class TlsComplaints {
  readonly #log: Logger
  readonly #said = new Map<string, Said>()

  constructor(log: Logger) {
    this.#log = log
  }

  /** @param listener the port that it is about */
  about(listener: string, remote: string, reason: string): void {
    const now = performance.now()
    const said = this.#said.get(reason)
    if (said !== undefined && now - said.at < COMPLAINT_INTERVAL_MS) {
      said.more++
      return
    }
    // The oldest is forgotten: it may then be said again early.
    this.#said.delete(reason)
    if (this.#said.size >= COMPLAINTS_MAX) this.#said.delete(this.#said.keys().next().value!)
    this.#said.set(reason, { at: now, more: 0 })
    const more = said === undefined || said.more === 0 ? {} : { more: said.more }
    this.#log.warn(`tls: a connection was refused: ${reason}`, { listener, remote, ...more })
  }
}
