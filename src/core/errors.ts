/**
 * Every error that a user, a client or an operator may meet has a stable code and an outcome.
 * The catalogues live with their services; `docs/reference/errors.md` lists them all.
 */

/** What became of a request that did not succeed: surely not done, or nobody here can tell. */
export type FailedOutcome = 'refused' | 'unknown'

export interface ErrorDetails {
  /** What the reader can do about it, as a sentence. */
  readonly hint?: string
  readonly cause?: unknown
}

export class QuorateError extends Error {
  override readonly name: string = 'QuorateError'
  /** Stable and machine-readable, e.g. `QUORATE_LOG_DAMAGED`. Never reused for something else. */
  readonly code: string
  readonly outcome: FailedOutcome
  readonly hint: string | undefined

  constructor(code: string, message: string, outcome: FailedOutcome = 'refused', details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.outcome = outcome
    this.hint = details.hint
  }
}
