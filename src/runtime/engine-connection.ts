/**
 * Joins a connection of the network with the engine of its protocol: gives the engine bytes and time, and
 * flushes once per turn what the engine has to say. Serves both ends, the node's and the client's.
 */
import { type Instant, NEVER } from '../core/time.ts'
import type { Clock, Timer } from './clock.ts'
import type { Connection, ConnectionHandlers, NetworkError } from './network.ts'

/** What of `wire`'s `ConnectionEngine` is needed here; this floor cannot name that one. */
export interface DrivenEngine {
  receive(now: Instant, bytes: Uint8Array): void
  flush(now: Instant, sink: Pick<Connection, 'write'>): void
  drained(now: Instant): void
  lost(now: Instant): void
  shutdown(now: Instant): void
  readonly wantsClose: boolean
  deadline(): Instant
  onDeadline(now: Instant): void
}

export class EngineConnection<Engine extends DrivenEngine> {
  readonly handlers: ConnectionHandlers
  /** Absent until the network has given it: an engine may want to flush before. */
  #connection: Connection | undefined
  readonly #clock: Clock
  readonly engine: Engine
  readonly #timer: Timer
  #timerAt: Instant = NEVER
  #flushing = false
  #lost = false

  /** @param makeEngine is called at once; the engine may want to flush before it returns. */
  constructor(
    clock: Clock,
    makeEngine: (wantsFlush: () => void) => Engine,
    closed: (error: NetworkError | null) => void,
  ) {
    this.#clock = clock
    this.engine = makeEngine(() => this.#flushSoon())
    this.#timer = clock.timer(() => this.#due())
    this.handlers = {
      received: bytes => {
        this.engine.receive(clock.now(), bytes)
        this.#armTimer()
      },
      drained: () => {
        this.engine.drained(clock.now())
        this.#flushSoon()
      },
      closed: error => {
        this.#lost = true
        this.#timer.clear()
        this.engine.lost(clock.now())
        closed(error)
      },
    }
  }

  /** The connection is open: what the engine had to say so far leaves. */
  opened(connection: Connection): void {
    this.#connection = connection
    this.#flushSoon()
  }

  /** Takes no new calls, finishes those under way, then closes. */
  shutdown(): void {
    this.engine.shutdown(this.#clock.now())
    this.#flushSoon()
  }

  destroy(): void {
    this.#connection?.destroy()
  }

  #flushSoon(): void {
    if (this.#flushing) return
    this.#flushing = true
    this.#clock.soon(this.#flush)
  }

  #due(): void {
    this.#timerAt = NEVER
    this.engine.onDeadline(this.#clock.now())
    this.#flushSoon()
    this.#armTimer()
  }

  readonly #flush = (): void => {
    this.#flushing = false
    if (this.#lost || this.#connection === undefined) return
    this.engine.flush(this.#clock.now(), this.#connection)
    if (this.engine.wantsClose) this.#connection.end()
    else this.#armTimer()
  }

  #armTimer(): void {
    const at = this.engine.deadline()
    if (at === this.#timerAt) return
    this.#timerAt = at
    this.#timer.set(at)
  }
}
