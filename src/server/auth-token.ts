/**
 * What `--auth-token` says, in etcd's form: `simple`, or `jwt` with what signs and checks tokens, as
 * `jwt,pub-key=FILE,priv-key=FILE,sign-method=RS256,ttl=5m`.
 */
import { QuorateError } from '../core/errors.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { SIGN_METHODS, type Signer, type SignerKeys } from '../runtime/signer.ts'
import { ConfigErrors } from './config-errors.ts'
import { parseGoDuration } from './go-duration.ts'

export type AuthTokenSpec =
  | { readonly kind: 'simple' }
  | { readonly kind: 'jwt'; readonly keys: SignerKeys; readonly ttlSeconds: number }

/** etcd's, of signed tokens. */
const JWT_TTL_SECONDS = 300

const OPTIONS: ReadonlySet<string> = new Set(['pub-key', 'priv-key', 'sign-method', 'ttl'])

/** A sentence about what is wrong with it, if anything is. */
export function parseAuthToken(text: string): AuthTokenSpec | string {
  const [kind, ...parts] = text.split(',')
  if (kind === 'simple') return parts.length === 0 ? { kind } : 'simple tokens have no options'
  if (kind !== 'jwt') return 'must be simple or jwt,...'
  const options = new Map<string, string>()
  for (const part of parts) {
    const at = part.indexOf('=')
    const name = part.slice(0, at)
    if (at < 1 || !OPTIONS.has(name)) return `unknown option: ${part}`
    if (options.has(name)) return `${name} is given twice`
    options.set(name, part.slice(at + 1))
  }
  const method = SIGN_METHODS.find(each => each === options.get('sign-method'))
  if (method === undefined) return `sign-method must be one of ${SIGN_METHODS.join(', ')}`
  const ttlMs = options.has('ttl') ? parseGoDuration(options.get('ttl')!) : JWT_TTL_SECONDS * 1_000
  if (ttlMs === null || ttlMs < 1_000) return 'ttl must be a duration of at least 1s, such as 5m'
  const keys = { method, publicKeyFile: options.get('pub-key'), privateKeyFile: options.get('priv-key') }
  if (keys.publicKeyFile === undefined && keys.privateKeyFile === undefined) {
    return 'jwt needs pub-key, priv-key or both'
  }
  return { kind: 'jwt', keys, ttlSeconds: Math.floor(ttlMs / 1_000) }
}

/** How tokens are made, as the etcd service takes it. */
export interface TokenSetting {
  readonly tokenSigner?: Signer
  readonly tokenTtlSeconds: number
}

/** Reads the keys, if there are any. Throws errors with codes. */
export function tokenSetting(
  { openSigner }: Runtime,
  {
    authToken,
    authTokenTtlSeconds,
  }: { readonly authToken: AuthTokenSpec; readonly authTokenTtlSeconds: number },
): TokenSetting {
  if (authToken.kind === 'simple') return { tokenTtlSeconds: authTokenTtlSeconds }
  if (openSigner === undefined) {
    throw new QuorateError(ConfigErrors.invalid, 'this runtime has no keys to sign tokens with', 'refused', {
      hint: 'use simple tokens',
    })
  }
  return { tokenSigner: openSigner(authToken.keys), tokenTtlSeconds: authToken.ttlSeconds }
}
