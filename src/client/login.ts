/**
 * A client's name and password, and the token that it got for them. The token is asked for when a request needs it
 * first, by one request for all that wait, and again when the cluster says that it is no good any more. Where nobody
 * has to say who it is, requests go without.
 */
import { readAuthenticateResponse, writeAuthenticateRequest } from '../wire/etcd/auth-token.ts'
import { decode } from '../wire/etcd/protobuf-reader.ts'
import { encode } from '../wire/etcd/protobuf-writer.ts'
import { metadataField } from '../wire/grpc/metadata.ts'
import type { HeaderField } from '../wire/hpack/header-field.ts'
import { ClientError } from './errors.ts'

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** What a request is sent with: a token, or nothing. */
export type TokenMetadata = readonly HeaderField[]

const PATH = '/etcdserverpb.Auth/Authenticate'
const NOT_ENABLED = 'etcdserver: authentication is not enabled'

/** With which a cluster says that nothing was done, and that another token is needed. */
const TOKEN_PROBLEMS: readonly string[] = [
  'etcdserver: invalid auth token',
  'etcdserver: revision of auth store is old',
  'etcdserver: user name is empty',
]

/** Also of a reason that a watch was cancelled with, which has more words around it. */
export function isTokenProblem(message: string): boolean {
  return TOKEN_PROBLEMS.some(problem => message.endsWith(problem))
}

export class Login {
  readonly #request: Uint8Array
  #token: Promise<TokenMetadata> | undefined
  /** What came of it, once it has. */
  #current: TokenMetadata | undefined

  constructor({ username, password }: Credentials) {
    this.#request = encode({ name: username, password }, writeAuthenticateRequest)
  }

  /** @param ask makes a request without a token; fails as requests do */
  metadata(ask: (path: string, message: Uint8Array) => Promise<Uint8Array>): Promise<TokenMetadata> {
    if (this.#token === undefined) {
      const token = this.#logIn(ask)
      this.#token = token
      token.then(
        metadata => {
          if (this.#token === token) this.#current = metadata
        },
        // Whoever comes next asks again.
        () => this.#forget(token),
      )
    }
    return this.#token
  }

  /** That token is no good any more: whoever comes next, at once even, gets another, unless there is one already. */
  refuse(metadata: TokenMetadata): void {
    if (this.#current === metadata) this.#forget(this.#token)
  }

  #forget(token: Promise<TokenMetadata> | undefined): void {
    if (this.#token !== token) return
    this.#token = undefined
    this.#current = undefined
  }

  async #logIn(ask: (path: string, message: Uint8Array) => Promise<Uint8Array>): Promise<TokenMetadata> {
    try {
      const { token } = decode(await ask(PATH, this.#request), from => readAuthenticateResponse(from))
      return [metadataField('token', token, 'never')]
    } catch (error) {
      if (error instanceof ClientError && error.message === NOT_ENABLED) return []
      throw error
    }
  }
}
