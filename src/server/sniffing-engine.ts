/** An engine that waits for a connection's first bytes, and from then on is the engine of its protocol. */
import { concatBytes, EMPTY } from '../core/bytes.ts'
import { type Instant, NEVER } from '../core/time.ts'
import type { ByteSink, ConnectionEngine } from '../wire/engine.ts'
import { sniffProtocol } from '../wire/sniff.ts'

export class SniffingEngine implements ConnectionEngine {
  readonly #make: (protocol: 'http1' | 'http2', now: Instant) => ConnectionEngine
  #engine: ConnectionEngine | undefined
  /** Fewer than a preface, or the protocol would be known. */
  #first = EMPTY
  #closing = false

  constructor(make: (protocol: 'http1' | 'http2', now: Instant) => ConnectionEngine) {
    this.#make = make
  }

  receive(now: Instant, bytes: Uint8Array): void {
    if (this.#engine !== undefined) return this.#engine.receive(now, bytes)
    const first = concatBytes([this.#first, bytes])
    const protocol = sniffProtocol(first)
    if (protocol === undefined) {
      this.#first = first
      return
    }
    this.#first = EMPTY
    this.#engine = this.#make(protocol, now)
    this.#engine.receive(now, first)
  }

  flush(now: Instant, sink: ByteSink): void {
    this.#engine?.flush(now, sink)
  }

  drained(now: Instant): void {
    this.#engine?.drained(now)
  }

  lost(now: Instant): void {
    this.#engine?.lost(now)
  }

  shutdown(now: Instant): void {
    this.#closing = true
    this.#engine?.shutdown(now)
  }

  get wantsClose(): boolean {
    return this.#engine?.wantsClose ?? this.#closing
  }

  deadline(): Instant {
    return this.#engine?.deadline() ?? NEVER
  }

  onDeadline(now: Instant): void {
    this.#engine?.onDeadline(now)
  }
}
