/** Pings a connection that has gone quiet, and notices that nobody answers (gRPC proposal A8, A9). */
import { addMs, type Instant, NEVER } from '../../core/time.ts'

export interface KeepaliveOptions {
  /** Silence after which the other end is pinged. */
  readonly intervalMs: number
  /** How long it then has to say anything. */
  readonly timeoutMs: number
}

export class Keepalive {
  readonly #options: KeepaliveOptions
  #heardAt: Instant
  #pingedAt: Instant = NEVER
  /** Nothing was heard since a client opened a stream while it had none. */
  #unanswered = false

  constructor(options: KeepaliveOptions, now: Instant) {
    this.#options = options
    this.#heardAt = now
  }

  heard(now: Instant): void {
    this.#heardAt = now
    this.#pingedAt = NEVER
    this.#unanswered = false
  }

  /**
   * A client without streams opens one. Nobody had to say anything until now; unless the one before was given up
   * without a word of the other end: then its silence goes on, or calls made one by one would never end it.
   */
  began(now: Instant): void {
    if (!this.#unanswered) this.heard(now)
    this.#unanswered = true
  }

  deadline(): Instant {
    if (this.#pingedAt !== NEVER) return addMs(this.#pingedAt, this.#options.timeoutMs)
    return addMs(this.#heardAt, this.#options.intervalMs)
  }

  /** What is due. */
  onDeadline(now: Instant): 'nothing' | 'ping' | 'dead' {
    if (now < this.deadline()) return 'nothing'
    if (this.#pingedAt !== NEVER) return 'dead'
    this.#pingedAt = now
    return 'ping'
  }
}
