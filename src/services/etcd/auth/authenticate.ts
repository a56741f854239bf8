/**
 * `Auth/Authenticate`: a name and a password for a token. The password is checked outside of the log, against the user
 * as it is behind a read barrier; if the users change meanwhile, the check is made again, so that no token is made for
 * a password that was right once.
 *
 * A user that does not exist, one that has no password, and a wrong password are told apart neither by the answer nor
 * by how long it takes.
 */
import { EMPTY } from '../../../core/bytes.ts'
import { addMs, type Instant } from '../../../core/time.ts'
import { userNamed } from '../../../machines/kv/auth/auth-store.ts'
import { currentRevision } from '../../../machines/kv/revisions.ts'
import {
  type AuthenticateRequest,
  readAuthenticateRequest,
  writeAuthenticateResponse,
} from '../../../wire/etcd/auth-token.ts'
import { decode } from '../../../wire/etcd/protobuf-reader.ts'
import type { GrpcCall } from '../../../wire/grpc/call.ts'
import { EtcdErrors } from '../errors.ts'
import type { Responder } from '../responder.ts'
import { type Guesser, GuessPacer } from './guess-pacer.ts'
import {
  AUTHENTICATION_TRIES_MAX,
  GUESS_CHECK_MS,
  GUESSES_WAITING_MAX,
  PASSWORD_CHARACTERS_MAX,
} from './limits.ts'
import type { Passwords } from './passwords.ts'
import type { TokenProvider } from './token-provider.ts'

interface Attempt extends AuthenticateRequest {
  readonly call: GrpcCall
  readonly deadline: Instant
  readonly guesser: Guesser
  triesLeft: number
}

export class Authenticate {
  readonly #responder: Responder
  readonly #passwords: Passwords
  readonly #tokens: TokenProvider
  readonly #pacer = new GuessPacer()
  #waiting = 0

  constructor(responder: Responder, passwords: Passwords, tokens: TokenProvider) {
    this.#responder = responder
    this.#passwords = passwords
    this.#tokens = tokens
  }

  handle(call: GrpcCall, message: Uint8Array): void {
    const request = decode(message, readAuthenticateRequest)
    const responder = this.#responder
    if (!responder.callers.mustBeKnown) return responder.fail(call, EtcdErrors.authenticationNotEnabled)
    if (request.password.length > PASSWORD_CHARACTERS_MAX) {
      return responder.fail(call, EtcdErrors.authenticationFailed)
    }
    const guesser = { user: request.name, address: call.remote }
    const deadline = responder.deadline(call)
    const attempt = { ...request, call, deadline, guesser, triesLeft: AUTHENTICATION_TRIES_MAX }
    this.#atItsTurn(attempt)
  }

  #atItsTurn(attempt: Attempt): void {
    const { clock } = this.#responder.options
    const now = clock.now()
    const turn = this.#pacer.turnOf(attempt.guesser, now)
    const mustWait = turn > now
    // Waiting for so long that no answer could follow would only keep a place from somebody else.
    const isTooLate = addMs(turn, GUESS_CHECK_MS) >= attempt.deadline
    if (mustWait && (isTooLate || this.#waiting >= GUESSES_WAITING_MAX)) {
      return this.#responder.fail(attempt.call, EtcdErrors.tooManyRequests)
    }
    this.#pacer.take(attempt.guesser, now)
    if (!mustWait) return this.#look(attempt)
    this.#waiting++
    const timer = clock.timer(() => {
      this.#waiting--
      if (attempt.call.ended) this.#responder.dropped(attempt.call)
      else this.#look(attempt)
    })
    timer.set(turn)
  }

  #look(attempt: Attempt): void {
    const { call, deadline } = attempt
    this.#responder.behindBarrier(call, deadline, () => this.#check(attempt))
  }

  #check(attempt: Attempt): void {
    const { call, name, password } = attempt
    const { replica, changes } = this.#responder.options
    const record = userNamed(replica.view, name)?.password ?? EMPTY
    const { generation, revision } = changes.auth
    const isTaken = this.#passwords.check(password, record, isRight => {
      if (call.ended) return this.#responder.dropped(call)
      if (changes.auth.generation !== generation) return this.#again(attempt)
      if (isRight) return this.#make(attempt, revision)
      this.#pacer.failed(attempt.guesser, this.#responder.options.clock.now())
      this.#responder.fail(call, EtcdErrors.authenticationFailed)
    })
    if (!isTaken) this.#responder.fail(call, EtcdErrors.tooManyRequests)
  }

  #make(attempt: Attempt, authRevision: number): void {
    const { call, name, deadline, guesser } = attempt
    this.#pacer.succeeded(guesser)
    this.#tokens.make({ user: name, authRevision }, deadline, outcome => {
      if (outcome.kind === 'old') return this.#again(attempt)
      if (outcome.kind === 'failed') return this.#responder.fail(call, outcome.error)
      const response = this.#responder.writer()
      const revision = currentRevision(this.#responder.options.replica.view)
      writeAuthenticateResponse(response, this.#responder.header(revision), outcome.token)
      this.#responder.succeed(call, response)
    })
  }

  /** The users have changed while the password was checked. */
  #again(attempt: Attempt): void {
    const responder = this.#responder
    if (responder.gaveUp(attempt.call, attempt.deadline)) return
    if (!responder.callers.mustBeKnown)
      return responder.fail(attempt.call, EtcdErrors.authenticationNotEnabled)
    if (--attempt.triesLeft === 0) return responder.fail(attempt.call, EtcdErrors.tooManyRequests)
    this.#look(attempt)
  }
}
