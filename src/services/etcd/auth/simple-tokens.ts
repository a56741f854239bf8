/**
 * etcd's simple tokens: letters that nobody can guess, a dot, and the index of the entry that made it, by which a
 * member that has yet to apply that entry sees that it has to wait. They are kept by the machine (`tokens.ts` there)
 * and are good at every member until they were not used for a while.
 *
 * Whoever sees one used past half of its time has it prolonged, together with others, so that a token costs an entry of
 * the log now and then, and not one with every use.
 */
import { portableSha256 } from '../../../core/sha256.ts'
import { addMs, type Instant } from '../../../core/time.ts'
import { utf8Bytes } from '../../../core/utf8.ts'
import { tokenOf } from '../../../machines/kv/auth/auth-store.ts'
import { TOKENS_PER_RENEWAL_MAX } from '../../../machines/kv/auth/limits.ts'
import type { Asker, AuthOperation } from '../../../machines/kv/auth/types.ts'
import { encodeCommand } from '../../../machines/kv/command-codec.ts'
import type { Timer } from '../../../runtime/clock.ts'
import { EtcdErrors } from '../errors.ts'
import { proposalFailure, refusalError } from '../failures.ts'
import { REQUEST_TIMEOUT_MS } from '../limits.ts'
import type { EtcdOptions } from '../options.ts'
import {
  RENEWAL_SHARE,
  TOKEN_DIGESTS_MAX,
  TOKEN_LETTERS,
  TOKEN_RENEWAL_WINDOW_MS,
  TOKEN_RENEWALS_MAX,
} from './limits.ts'
import { INVALID, type TokenOutcome, type TokenProvider, type TokenReading } from './token-provider.ts'

const FORM = /^([A-Za-z0-9]{1,64})\.([0-9]{1,15})$/
const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Of a digest: enough that no two tokens share it. */
const DIGEST_BYTES = 16

export class SimpleTokens implements TokenProvider {
  readonly #options: EtcdOptions
  readonly #ttlSeconds: number
  readonly #timer: Timer
  /** By the letters of the token. */
  readonly #toRenew = new Map<string, Uint8Array>()
  /** Of tokens that were good, by their letters: each request of a caller looks at its token several times. */
  readonly #digests = new Map<string, Uint8Array>()

  constructor(options: EtcdOptions, ttlSeconds: number) {
    this.#options = options
    this.#ttlSeconds = ttlSeconds
    this.#timer = options.clock.timer(() => this.#renew())
  }

  make({ user, authRevision }: Asker, deadline: Instant, done: (outcome: TokenOutcome) => void): void {
    const letters = lettersFrom(count => this.#options.entropy(count))
    const tokenAdd = { user, authRevision, digest: digestOf(letters), ttlSeconds: this.#ttlSeconds }
    const { replica, clock } = this.#options
    replica.propose(commandOf({ kind: 'tokenAdd', tokenAdd }), deadline, outcome => {
      if (outcome.kind === 'failed') {
        return done({ kind: 'failed', error: proposalFailure(outcome.error, clock.now() >= deadline) })
      }
      const { result } = outcome
      if (result.kind === 'auth') return done({ kind: 'made', token: `${letters}.${result.auth.index}` })
      if (result.kind !== 'refused') return done({ kind: 'failed', error: EtcdErrors.notCapable })
      if (result.reason === 'authRevisionOld') return done({ kind: 'old' })
      done({ kind: 'failed', error: refusalError(result.reason) })
    })
  }

  read(token: string): TokenReading {
    const parts = FORM.exec(token)
    if (parts === null) return INVALID
    const letters = parts[1]!
    const index = Number(parts[2])
    const { replica, changes } = this.#options
    const digest = this.#digests.get(letters) ?? digestOf(letters)
    const record = tokenOf(replica.view, digest)
    if (record === undefined) {
      return index > replica.status().appliedIndex ? { kind: 'unknownYet' } : INVALID
    }
    const leftMs = record.overAt - replica.clusterTime()
    if (record.index !== index || leftMs <= 0) return INVALID
    this.#remember(letters, digest)
    if (leftMs < this.#ttlSeconds * 1_000 * RENEWAL_SHARE) this.#renewSoon(letters, digest)
    return { kind: 'user', asker: { user: record.user, authRevision: changes.auth.revision } }
  }

  #remember(letters: string, digest: Uint8Array): void {
    if (this.#digests.has(letters)) return
    if (this.#digests.size >= TOKEN_DIGESTS_MAX) this.#digests.clear()
    this.#digests.set(letters, digest)
  }

  #renewSoon(letters: string, digest: Uint8Array): void {
    if (this.#toRenew.size >= TOKEN_RENEWALS_MAX || this.#toRenew.has(letters)) return
    if (this.#toRenew.size === 0) {
      this.#timer.set(addMs(this.#options.clock.now(), TOKEN_RENEWAL_WINDOW_MS))
    }
    this.#toRenew.set(letters, digest)
  }

  /** Nobody waits for it: what fails is tried again at the token's next use. */
  #renew(): void {
    const { replica, clock } = this.#options
    const all = [...this.#toRenew.values()]
    this.#toRenew.clear()
    const deadline = addMs(clock.now(), REQUEST_TIMEOUT_MS)
    for (let from = 0; from < all.length; from += TOKENS_PER_RENEWAL_MAX) {
      const digests = all.slice(from, from + TOKENS_PER_RENEWAL_MAX)
      const tokensRenew = { digests, ttlSeconds: this.#ttlSeconds }
      replica.propose(commandOf({ kind: 'tokensRenew', tokensRenew }), deadline, () => {})
    }
  }
}

function commandOf(operation: AuthOperation): Uint8Array {
  return encodeCommand({ kind: 'auth', auth: operation })
}

function digestOf(letters: string): Uint8Array {
  const hash = portableSha256()
  hash.update(utf8Bytes(letters))
  return hash.digest().subarray(0, DIGEST_BYTES)
}

/** Bytes beyond the last whole round of the alphabet are passed over: each letter is as likely as another. */
function lettersFrom(entropy: (count: number) => Uint8Array): string {
  const fair = 256 - (256 % ALPHABET.length)
  let letters = ''
  while (letters.length < TOKEN_LETTERS) {
    for (const byte of entropy(TOKEN_LETTERS)) {
      if (byte < fair && letters.length < TOKEN_LETTERS) letters += ALPHABET[byte % ALPHABET.length]
    }
  }
  return letters
}
