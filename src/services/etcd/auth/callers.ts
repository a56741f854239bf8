/**
 * Who asks, and whether they may: every method looks here before it reads or proposes, and never at tokens or
 * permissions itself. A caller is known by a token; without one, by the name in the certificate of its connection.
 *
 * While authentication is off each question is one comparison.
 */
import { Access, isOfNode, type Keys } from '../../../machines/kv/auth/access.ts'
import { userNamed } from '../../../machines/kv/auth/auth-store.ts'
import type { Asker, AuthRefusal } from '../../../machines/kv/auth/types.ts'
import type { KvCommand, PlainCommand, TxnOperation } from '../../../machines/kv/types.ts'
import type { GrpcCall } from '../../../wire/grpc/call.ts'
import { type EtcdError, EtcdErrors } from '../errors.ts'
import { refusalError } from '../failures.ts'
import type { EtcdOptions } from '../options.ts'
import { TOKEN_BYTES_MAX } from './limits.ts'
import { needOf } from './needs.ts'
import type { TokenProvider } from './token-provider.ts'

/** What there is to know of whoever calls. */
export type Caller =
  | { readonly kind: 'user'; readonly asker: Asker }
  /** It did not say. */
  | { readonly kind: 'nobody' }
  | { readonly kind: 'refused'; readonly error: EtcdError }
  /** It may be known once this member has caught up with whoever made its token. */
  | { readonly kind: 'unknownYet' }

export type AskedCommand =
  | { readonly kind: 'allowed'; readonly command: KvCommand }
  | { readonly kind: 'refused'; readonly error: EtcdError }

const NOBODY: Caller = { kind: 'nobody' }
const INVALID_TOKEN: Caller = { kind: 'refused', error: EtcdErrors.authTokenInvalid }

export class Callers {
  readonly #options: EtcdOptions
  readonly #access: Access
  readonly tokens: TokenProvider

  constructor(options: EtcdOptions, tokens: TokenProvider) {
    this.#options = options
    this.#access = new Access(options.changes.auth)
    this.tokens = tokens
  }

  get mustBeKnown(): boolean {
    return this.#access.standing.enabled
  }

  /** Another number whenever anybody may be allowed anything else than before. */
  get generation(): number {
    return this.#access.standing.generation
  }

  callerOf(call: GrpcCall): Caller {
    const token = call.metadata('token') ?? call.metadata('authorization')
    if (token === undefined || token === '') return this.#certified(call)
    if (token.length > TOKEN_BYTES_MAX) return INVALID_TOKEN
    const reading = this.tokens.read(token.startsWith(BEARER) ? token.slice(BEARER.length) : token)
    return reading.kind === 'invalid' ? INVALID_TOKEN : reading
  }

  /** What a JSON gateway of grpc's asks on behalf of others comes with a certificate that is not theirs. */
  #certified(call: GrpcCall): Caller {
    const { certificateName } = call
    if (certificateName === undefined || certificateName === '') return NOBODY
    if (call.metadata(OF_GATEWAYS) !== undefined) return NOBODY
    return { kind: 'user', asker: { user: certificateName, authRevision: this.#access.standing.revision } }
  }

  /** Why a call is not even looked at, if so. What it asks for is looked at later. */
  refusalOfCall(call: GrpcCall): EtcdError | undefined {
    const need = needOf(call.path)
    if (!this.mustBeKnown || need === 'nobody' || need === 'keysOfStream') return undefined
    const asker = this.#askerOf(call)
    if (isError(asker)) return asker
    if (asker === undefined) return EtcdErrors.userEmpty
    return need === 'root' ? this.#said(this.#access.refusalOfAdmin(this.#view, asker)) : undefined
  }

  refusalOfRead(call: GrpcCall, keys: Keys): EtcdError | undefined {
    return this.#unless(call, asker => this.#access.refusalOfRead(this.#view, asker, keys))
  }

  refusalOfTxn(call: GrpcCall, txn: TxnOperation): EtcdError | undefined {
    return this.#unless(call, asker => this.#access.refusalOfTxn(this.#view, asker, txn))
  }

  /** To be told what goes with a lease. */
  refusalOfLeaseKeys(call: GrpcCall, lease: bigint): EtcdError | undefined {
    return this.#unless(call, asker => this.#access.refusalOfLeaseKeys(this.#view, asker, lease))
  }

  /** To keep a lease alive. */
  refusalOfLease(call: GrpcCall, lease: bigint): EtcdError | undefined {
    return this.#unless(call, asker => this.#access.refusalOfLease(this.#view, asker, lease))
  }

  /** To be told of a user: whoever it is, and root. */
  refusalOfUser(call: GrpcCall, user: string): EtcdError | undefined {
    return this.#unless(call, asker =>
      asker?.user === user ? undefined : this.#access.refusalOfAdmin(this.#view, asker),
    )
  }

  /** To be told of a role: whoever has it, and root. */
  refusalOfRole(call: GrpcCall, role: string): EtcdError | undefined {
    return this.#unless(call, asker => {
      const isOwn = asker !== undefined && this.#rolesOf(asker.user).includes(role)
      return isOwn ? undefined : this.#access.refusalOfAdmin(this.#view, asker)
    })
  }

  /** Of a watch that runs on, whoever opened it by whatever token: may that user still read these keys? */
  refusalOfWatch(user: string | undefined, keys: Keys): EtcdError | undefined {
    const { revision } = this.#access.standing
    const asker = user === undefined ? undefined : { user, authRevision: revision }
    return this.#said(this.#access.refusalOfRead(this.#view, asker, keys))
  }

  /** Who asks, if anybody has to be asked. */
  userOf(call: GrpcCall): string | undefined {
    if (!this.mustBeKnown) return undefined
    const caller = this.callerOf(call)
    return caller.kind === 'user' ? caller.asker.user : undefined
  }

  /** A command with who asks for it, to be checked again when it is applied; or why it is not even proposed. */
  asked(call: GrpcCall, command: PlainCommand): AskedCommand {
    if (!this.mustBeKnown || isOfNode(command)) return { kind: 'allowed', command }
    const asker = this.#askerOf(call)
    if (isError(asker)) return { kind: 'refused', error: asker }
    const refusal = this.#access.refusalOfCommand(this.#view, asker, command)
    if (refusal !== undefined) return { kind: 'refused', error: refusalError(refusal) }
    return { kind: 'allowed', command: asker === undefined ? command : { kind: 'asked', asker, command } }
  }

  #unless(
    call: GrpcCall,
    refusalOf: (asker: Asker | undefined) => AuthRefusal | undefined,
  ): EtcdError | undefined {
    if (!this.mustBeKnown) return undefined
    const asker = this.#askerOf(call)
    return isError(asker) ? asker : this.#said(refusalOf(asker))
  }

  #askerOf(call: GrpcCall): Asker | EtcdError | undefined {
    const caller = this.callerOf(call)
    switch (caller.kind) {
      case 'user':
        return caller.asker
      case 'nobody':
        return undefined
      case 'refused':
        return caller.error
      case 'unknownYet':
        return EtcdErrors.authTokenInvalid
    }
  }

  #rolesOf(user: string): readonly string[] {
    return userNamed(this.#view, user)?.roles ?? []
  }

  #said(refusal: AuthRefusal | undefined): EtcdError | undefined {
    return refusal === undefined ? undefined : refusalError(refusal)
  }

  get #view() {
    return this.#options.replica.view
  }
}

const BEARER = 'Bearer '

/** Among the metadata that such a gateway adds; etcd goes by this one, too. */
const OF_GATEWAYS = 'grpcgateway-accept'

function isError(asker: Asker | EtcdError | undefined): asker is EtcdError {
  return asker !== undefined && 'code' in asker
}
