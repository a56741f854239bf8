/** The Auth service as a whole: its methods, and what stands behind them. */
import type { Gauge } from '../../../core/gauge.ts'
import type { GrpcCall } from '../../../wire/grpc/call.ts'
import { EtcdPaths } from '../method-paths.ts'
import type { EtcdOptions } from '../options.ts'
import type { Responder } from '../responder.ts'
import type { Writes } from '../writes.ts'
import { AuthChanges } from './auth-changes.ts'
import { AuthQuestions } from './auth-questions.ts'
import { Authenticate } from './authenticate.ts'
import { JwtTokens } from './jwt-tokens.ts'
import { PASSWORDS_WAITING_MAX, TOKEN_TTL_SECONDS } from './limits.ts'
import { Passwords } from './passwords.ts'
import { SimpleTokens } from './simple-tokens.ts'
import type { TokenProvider } from './token-provider.ts'

/** Of the kind that the node is set up with. */
export function tokensOf(options: EtcdOptions): TokenProvider {
  const { tokenSigner, clock, tokenTtlSeconds = TOKEN_TTL_SECONDS } = options
  if (tokenSigner !== undefined) return new JwtTokens(clock, tokenSigner, tokenTtlSeconds)
  return new SimpleTokens(options, tokenTtlSeconds)
}

export class Authentication {
  readonly handlers: readonly (readonly [string, (call: GrpcCall, message: Uint8Array) => void])[]
  readonly #passwords: Passwords

  constructor(responder: Responder, writes: Writes) {
    this.#passwords = new Passwords(responder.options)
    const authenticate = new Authenticate(responder, this.#passwords, responder.callers.tokens)
    this.handlers = [
      [EtcdPaths.authenticate, (call, message) => authenticate.handle(call, message)],
      ...new AuthChanges(responder, writes, this.#passwords).handlers(),
      ...new AuthQuestions(responder).handlers(),
    ]
  }

  gauges(): readonly Gauge[] {
    return [{ name: 'auth: passwords', value: this.#passwords.waiting, max: PASSWORDS_WAITING_MAX }]
  }

  stop(): void {
    this.#passwords.stop()
  }
}
