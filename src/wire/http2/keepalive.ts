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

  constructor(options: KeepaliveOptions, now: Instant) {
    this.#options = options
    this.#heardAt = now
  }

  heard(now: Instant): void {
    this.#heardAt = now
    this.#pingedAt = NEVER
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
