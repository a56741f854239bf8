/**
 * One connection of the client port: finds out which protocol it speaks, gives its engine bytes and time, and
 * flushes once per turn what the engine has to say.
 */
import { concatBytes, EMPTY } from '../core/bytes.ts'
import { type Instant, NEVER } from '../core/time.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { Connection, ConnectionHandlers } from '../runtime/network.ts'
import type { ByteSink } from '../wire/http2/connection.ts'

/** What the engines of HTTP/1.1 and of gRPC have in common. */
export interface ProtocolEngine {
  receive(now: Instant, bytes: Uint8Array): void
  flush(now: Instant, sink: ByteSink): void
  drained(now: Instant): void
  lost(now: Instant): void
  shutdown(now: Instant): void
  readonly wantsClose: boolean
  deadline(): Instant
  onDeadline(now: Instant): void
}

/** The engine for a connection that began with these bytes, or undefined as long as they are too few to tell. */
export type ChooseEngine = (
  firstBytes: Uint8Array,
  now: Instant,
  wantsFlush: () => void,
) => ProtocolEngine | undefined

export class ClientConnection {
  readonly handlers: ConnectionHandlers
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #choose: ChooseEngine
  readonly #closed: () => void
  readonly #timer: Timer
  #engine: ProtocolEngine | undefined
  #first = EMPTY
  #timerAt: Instant = NEVER
  #flushing = false
  #ended = false

  constructor(connection: Connection, clock: Clock, choose: ChooseEngine, closed: () => void) {
    this.#connection = connection
    this.#clock = clock
    this.#choose = choose
    this.#closed = closed
    this.#timer = clock.timer(() => this.#due())
    this.handlers = {
      received: bytes => this.#received(bytes),
      drained: () => this.#drained(),
      closed: () => this.#lost(),
    }
  }

  /** Finishes what is under way and then closes. */
  shutdown(): void {
    if (this.#engine === undefined) {
      this.#connection.end()
      return
    }
    this.#engine.shutdown(this.#clock.now())
    this.#flushSoon()
  }

  destroy(): void {
    this.#connection.destroy()
  }

  #received(bytes: Uint8Array): void {
    const now = this.#clock.now()
    if (this.#engine !== undefined) {
      this.#engine.receive(now, bytes)
    } else {
      this.#first = this.#first.length === 0 ? bytes : concatBytes([this.#first, bytes])
      this.#engine = this.#choose(this.#first, now, () => this.#flushSoon())
      if (this.#engine === undefined) {
        // Too few to tell: kept, and so copied.
        this.#first = this.#first.slice()
        return
      }
      const first = this.#first
      this.#first = EMPTY
      this.#engine.receive(now, first)
    }
    this.#armTimer()
  }

  #drained(): void {
    this.#engine?.drained(this.#clock.now())
    this.#flushSoon()
  }

  #due(): void {
    this.#timerAt = NEVER
    this.#engine?.onDeadline(this.#clock.now())
    this.#flushSoon()
    this.#armTimer()
  }

  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    this.#clock.soon(this.#flush)
  }

  readonly #flush = (): void => {
    this.#flushing = false
    if (this.#ended || this.#engine === undefined) return
    this.#engine.flush(this.#clock.now(), this.#connection)
    if (this.#engine.wantsClose) this.#connection.end()
    else this.#armTimer()
  }

  #armTimer(): void {
    const at = this.#engine?.deadline() ?? NEVER
    if (at === this.#timerAt) return
    this.#timerAt = at
    this.#timer.set(at)
  }

  #lost(): void {
    this.#ended = true
    this.#timer.clear()
    this.#engine?.lost(this.#clock.now())
    this.#closed()
  }
}
