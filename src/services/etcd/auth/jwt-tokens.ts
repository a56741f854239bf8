/**
 * Signed tokens (JSON Web Tokens, RFC 7519, in the compact form of RFC 7515): they say whose they are and under which
 * auth revision, and whoever has the key believes them without having seen them before. Claims are etcd's: `username`,
 * `revision` and `exp`.
 *
 * A token is held to the one method that this node is set up with, whatever it says of itself; one that never ends, has
 * ended, or has yet to begin is none.
 */
import { base64Bytes, base64Text } from '../../../core/base64.ts'
import { DecodeError } from '../../../core/bytes.ts'
import type { Instant } from '../../../core/time.ts'
import { utf8Bytes, utf8Text } from '../../../core/utf8.ts'
import type { Asker } from '../../../machines/kv/auth/types.ts'
import type { Clock } from '../../../runtime/clock.ts'
import type { Signer } from '../../../runtime/signer.ts'
import { EtcdErrors } from '../errors.ts'
import { VERIFIED_TOKENS_MAX } from './limits.ts'
import { INVALID, type TokenOutcome, type TokenProvider, type TokenReading } from './token-provider.ts'

interface Verified {
  readonly reading: TokenReading
  readonly endsAtMs: number
}

export class JwtTokens implements TokenProvider {
  readonly #clock: Clock
  readonly #signer: Signer
  readonly #ttlSeconds: number
  readonly #head: string
  /** Whose signature was right; checking one takes as long as fifty reads. */
  readonly #verified = new Map<string, Verified>()

  constructor(clock: Clock, signer: Signer, ttlSeconds: number) {
    this.#clock = clock
    this.#signer = signer
    this.#ttlSeconds = ttlSeconds
    this.#head = encodePart({ alg: signer.method, typ: 'JWT' })
  }

  make({ user, authRevision }: Asker, _deadline: Instant, done: (outcome: TokenOutcome) => void): void {
    const { sign } = this.#signer
    // A node that can only check tokens leaves it to the others to make them.
    if (sign === undefined) return done({ kind: 'failed', error: EtcdErrors.notCapable })
    const exp = Math.floor(this.#clock.wallMs() / 1_000) + this.#ttlSeconds
    const signed = `${this.#head}.${encodePart({ username: user, revision: authRevision, exp })}`
    done({ kind: 'made', token: `${signed}.${unpadded(sign(utf8Bytes(signed)))}` })
  }

  read(token: string): TokenReading {
    const known = this.#verified.get(token)
    if (known !== undefined) return this.#clock.wallMs() < known.endsAtMs ? known.reading : INVALID
    try {
      return this.#verify(token)
    } catch (error) {
      if (error instanceof DecodeError || error instanceof SyntaxError) return INVALID
      throw error
    }
  }

  #verify(token: string): TokenReading {
    const [head, body, signature, ...more] = token.split('.')
    if (head === undefined || body === undefined || signature === undefined || more.length > 0) return INVALID
    const { alg, crit } = decodePart(head)
    // RFC 7515 §4.1.11: what is critical must be understood, and nothing is.
    if (alg !== this.#signer.method || crit !== undefined) return INVALID
    if (!this.#signer.verify(utf8Bytes(`${head}.${body}`), base64Bytes(signature))) return INVALID
    return this.#accept(token, decodePart(body))
  }

  #accept(
    token: string,
    { username, revision, exp, nbf, iat }: Readonly<Record<string, unknown>>,
  ): TokenReading {
    if (typeof username !== 'string' || username === '') return INVALID
    if (typeof revision !== 'number' || !Number.isSafeInteger(revision) || revision < 0) return INVALID
    const now = this.#clock.wallMs() / 1_000
    if (typeof exp !== 'number' || now >= exp) return INVALID
    if (isLater(nbf, now) || isLater(iat, now)) return INVALID
    const reading: TokenReading = { kind: 'user', asker: { user: username, authRevision: revision } }
    if (this.#verified.size >= VERIFIED_TOKENS_MAX) this.#verified.clear()
    this.#verified.set(token, { reading, endsAtMs: exp * 1_000 })
    return reading
  }
}

/** Of a time that need not be told; one that is told must be one. */
function isLater(time: unknown, now: number): boolean {
  return time !== undefined && (typeof time !== 'number' || time > now)
}

function encodePart(part: object): string {
  return unpadded(utf8Bytes(JSON.stringify(part)))
}

/** The URL's alphabet, without padding (RFC 7515 §2). */
function unpadded(bytes: Uint8Array): string {
  return base64Text(bytes).replaceAll('+', '-').replaceAll('/', '_')
}

function decodePart(text: string): Readonly<Record<string, unknown>> {
  const part: unknown = JSON.parse(utf8Text(base64Bytes(text)))
  if (typeof part !== 'object' || part === null) throw new DecodeError('a part of a token is an object')
  return part as Record<string, unknown>
}
