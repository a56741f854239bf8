/**
 * One request, any of several nodes. A request that was surely not done moves on to the next node. One whose
 * outcome is unknown moves on only if its caller said that doing it twice is the same as doing it once;
 * otherwise the caller is told, because nobody else can decide it.
 */
import type { Random } from '../core/prng.ts'
import { probe } from '../core/seams.ts'
import { addMs, type Instant, msBetween } from '../core/time.ts'
import type { Clock } from '../runtime/clock.ts'
import type { Channel, StreamOptions } from './channel.ts'
import { type Attempt, ClientError, ClientErrors } from './errors.ts'
import {
  ATTEMPT_TIMEOUT_MS,
  BACKOFF_MS_MAX,
  BACKOFF_MS_MIN,
  LAST_ATTEMPT_MS_MIN,
  REQUEST_TIMEOUT_MS,
  REQUESTS_IN_FLIGHT_MAX,
} from './limits.ts'
import { isTokenProblem, type Login, type TokenMetadata } from './login.ts'
import type { MessageStream } from './message-stream.ts'

export interface RequestOptions {
  /** Milliseconds for everything together, all nodes and pauses included. Default 10,000. */
  readonly timeoutMs?: number
  /** Doing it twice is the same as doing it once, as with a guarded write. (Reads need not say so.) */
  readonly idempotent?: boolean
}

/** What the client asks on a caller's behalf. */
export interface FailoverOptions extends RequestOptions {
  /** Nothing is changed by it: it may be repeated, and no outcome of it is unknown. */
  readonly isRead?: boolean
}

export interface OpenStream {
  readonly stream: MessageStream
  /** The next request or stream begins with another node than this one's. */
  avoid(): void
  /** Whether it ended, by what was said, for want of a good token, and the next one will have another. */
  wantsToken(said: string): boolean
}

const NO_TOKEN: TokenMetadata = []

export class Failover {
  readonly clock: Clock
  /** For pauses. */
  readonly random: Random
  readonly #channels: readonly Channel[]
  #preferred: number
  #inFlight = 0
  #closed = false
  readonly #login: Login | undefined

  constructor(clock: Clock, random: Random, channels: readonly Channel[], login?: Login) {
    this.clock = clock
    this.random = random
    this.#channels = channels
    this.#login = login
    this.#preferred = random.below(channels.length)
  }

  async request(path: string, message: Uint8Array, options: FailoverOptions = {}): Promise<Uint8Array> {
    if (this.#closed) throw new ClientError(ClientErrors.closed, 'the client is closed', 'refused')
    if (this.#inFlight >= REQUESTS_IN_FLIGHT_MAX) {
      throw new ClientError(ClientErrors.closed, 'too many requests are waiting', 'refused')
    }
    this.#inFlight++
    try {
      return await this.#askLoggedIn(path, message, options)
    } finally {
      this.#inFlight--
    }
  }

  /**
   * A stream to whichever node a connection can be made to. How it goes on is its user's business: when it was of no
   * use, the next one should come from another node (`avoid`), after a pause.
   */
  async stream(path: string, options: StreamOptions & RequestOptions = {}): Promise<OpenStream> {
    const deadline = addMs(this.clock.now(), options.timeoutMs ?? REQUEST_TIMEOUT_MS)
    const token = await this.#token(options)
    const metadata = [...token, ...(options.metadata ?? [])]
    for (let tried = 0; ; tried++) {
      if (this.#closed) throw new ClientError(ClientErrors.closed, 'the client is closed', 'refused')
      const position = this.#preferred
      const attempt = await this.#channels[position]!.stream(path, { ...options, metadata })
      const avoid = (): void => this.#avoid(position)
      const wantsToken = (said: string): boolean => this.#isForToken(said, token)
      if (attempt.kind === 'open') return { stream: attempt.stream, avoid, wantsToken }
      avoid()
      if (this.clock.now() >= deadline) {
        throw new ClientError(ClientErrors.unavailable, attempt.message, 'refused')
      }
      await this.pause(tried)
    }
  }

  /** The pause before the attempt behind the `tried`-th (from 0), which followed closely upon another. */
  async pause(tried: number): Promise<void> {
    const pauseMs = this.#pauseMs(tried)
    if (pauseMs > 0) await this.#sleep(pauseMs)
  }

  close(): void {
    this.#closed = true
    for (const channel of this.#channels) channel.close()
  }

  /**
   * With a token, if there is anybody to log in as. A request that was refused for want of a good one was not done, and
   * is made once more with another; one whose outcome is unknown never is.
   */
  async #askLoggedIn(path: string, message: Uint8Array, options: FailoverOptions): Promise<Uint8Array> {
    const token = await this.#token(options)
    try {
      return await this.#tryAll(path, message, options, token)
    } catch (error) {
      const isRefused = error instanceof ClientError && error.outcome === 'refused'
      if (!isRefused || !this.#isForToken(error.message, token)) throw error
    }
    return await this.#tryAll(path, message, options, await this.#token(options))
  }

  #token({ timeoutMs }: RequestOptions): Promise<TokenMetadata> | TokenMetadata {
    if (this.#login === undefined) return NO_TOKEN
    const options = { isRead: true, ...(timeoutMs !== undefined && timeoutMs !== Infinity && { timeoutMs }) }
    return this.#login.metadata((path, message) => this.#tryAll(path, message, options, NO_TOKEN))
  }

  /** Whether a refusal was for want of a good token; then the next request will have another. */
  #isForToken(said: string, token: TokenMetadata): boolean {
    if (this.#login === undefined || !isTokenProblem(said)) return false
    this.#login.refuse(token)
    return true
  }

  async #tryAll(
    path: string,
    message: Uint8Array,
    options: FailoverOptions,
    token: TokenMetadata,
  ): Promise<Uint8Array> {
    const timeoutMs = options.timeoutMs ?? REQUEST_TIMEOUT_MS
    const deadline = addMs(this.clock.now(), timeoutMs)
    // A node that has less time than this to say no leaves us without an answer.
    const enoughMs = Math.min(LAST_ATTEMPT_MS_MIN, timeoutMs / 10)
    const isRepeatable = options.isRead === true || options.idempotent === true
    let unknown = false
    let last = 'no node was tried'
    for (let tried = 0; ; tried++) {
      const position = this.#preferred
      const attempt = await this.#attempt(position, path, message, deadline, isRepeatable, token)
      if (attempt.kind === 'answered') return attempt.response
      if (attempt.kind === 'rejected') {
        const { status, message: why, outcome } = attempt
        const told = options.isRead === true ? 'refused' : unknown ? 'unknown' : outcome
        throw new ClientError(ClientErrors.rejected, why, told, status)
      }
      probe('client: another node was asked')
      last = attempt.message
      // Also where this request ends here: the next one need not begin with a node that is silent.
      this.#avoid(position)
      if (attempt.kind === 'unknown') {
        unknown = options.isRead !== true
        if (!isRepeatable) break
      }
      const pauseMs = this.#pauseMs(tried)
      if (msBetween(this.clock.now(), deadline) <= pauseMs + enoughMs || this.#closed) break
      if (pauseMs > 0) await this.#sleep(pauseMs)
    }
    if (unknown) probe('client: what became of a request is unknown')
    if (unknown) throw new ClientError(ClientErrors.outcomeUnknown, last, 'unknown')
    throw new ClientError(ClientErrors.unavailable, last, 'refused')
  }

  #avoid(position: number): void {
    if (this.#preferred === position) this.#preferred = (position + 1) % this.#channels.length
  }

  #attempt(
    position: number,
    path: string,
    message: Uint8Array,
    deadline: Instant,
    isRepeatable: boolean,
    token: TokenMetadata,
  ): Promise<Attempt> {
    const channel = this.#channels[position]!
    const soon = addMs(this.clock.now(), ATTEMPT_TIMEOUT_MS)
    return channel.call(path, message, isRepeatable && soon < deadline ? soon : deadline, token)
  }

  /** None until every node had its turn, then doubling, each time somewhere between half and all of it. */
  #pauseMs(tried: number): number {
    const round = Math.floor((tried + 1) / this.#channels.length)
    if ((tried + 1) % this.#channels.length !== 0) return 0
    const fullMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS_MIN * 2 ** Math.min(round - 1, 10))
    return fullMs / 2 + this.random.below(Math.ceil(fullMs / 2) + 1)
  }

  #sleep(ms: number): Promise<void> {
    return new Promise(resolve => this.clock.timer(resolve).set(addMs(this.clock.now(), ms)))
  }
}
