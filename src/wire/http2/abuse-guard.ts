/**
 * Notices an end that makes the other work: floods of control frames, streams that are opened to be reset
 * (CVE-2023-44487), rules broken to be reset (CVE-2025-8671), pings out of season. Throws `ConnectionError`.
 */
import type { Instant } from '../../core/time.ts'
import { ConnectionError, ErrorCode } from './error-code.ts'
import type { Http2Limits } from './limits.ts'
import { type PingPolicy, PingStrikes } from './ping-strikes.ts'
import { TokenBucket } from './token-bucket.ts'

export class AbuseGuard {
  readonly #controlFrames: TokenBucket
  readonly #rapidResets: TokenBucket
  readonly #pingStrikes: PingStrikes | undefined

  constructor(limits: Http2Limits, pingPolicy: PingPolicy | undefined) {
    this.#controlFrames = new TokenBucket(limits.controlFramesBurst, limits.controlFramesPerSecond)
    this.#rapidResets = new TokenBucket(limits.rapidResetsBurst, limits.rapidResetsPerSecond)
    this.#pingStrikes = pingPolicy && new PingStrikes(pingPolicy)
  }

  controlFrame(now: Instant): void {
    if (!this.#controlFrames.take(now)) throw calm('too many control frames')
  }

  rapidReset(now: Instant): void {
    if (!this.#rapidResets.take(now)) throw calm('too many streams were reset')
  }

  ping(now: Instant, active: boolean): void {
    if (this.#pingStrikes?.ping(now, active)) throw calm('too_many_pings')
  }

  /** HEADERS or DATA was sent: the next ping is answered to it. */
  sent(): void {
    this.#pingStrikes?.forgive()
  }
}

function calm(message: string): ConnectionError {
  return new ConnectionError(ErrorCode.enhanceYourCalm, message)
}
