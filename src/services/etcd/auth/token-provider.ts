/** Tokens, of whatever kind: how one is made for somebody whose password was right, and what one says. */
import type { Instant } from '../../../core/time.ts'
import type { Asker } from '../../../machines/kv/auth/types.ts'
import type { EtcdError } from '../errors.ts'

/** What a token that came with a call says. */
export type TokenReading =
  | { readonly kind: 'user'; readonly asker: Asker }
  /** It is made by an entry that this member has yet to apply, if at all. */
  | { readonly kind: 'unknownYet' }
  | { readonly kind: 'invalid' }

export type TokenOutcome =
  | { readonly kind: 'made'; readonly token: string }
  /** The users have changed since the password was checked: it is to be checked again. */
  | { readonly kind: 'old' }
  | { readonly kind: 'failed'; readonly error: EtcdError }

export interface TokenProvider {
  /** @param asker whose password was checked, and under which auth revision */
  make(asker: Asker, deadline: Instant, done: (outcome: TokenOutcome) => void): void
  read(token: string): TokenReading
}

export const INVALID: TokenReading = { kind: 'invalid' }
