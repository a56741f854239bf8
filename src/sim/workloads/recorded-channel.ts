/**
 * A client's way to one member that writes down what goes over it: for what the client makes of its own accord, as
 * recipes do, and asks again when it was not answered. Each attempt is an operation of the history, or of the book of
 * leases, or of both.
 */
import type { Channel, StreamAttempt, StreamOptions } from '../../client/channel.ts'
import { type Attempt, ClientError, ClientErrors } from '../../client/errors.ts'
import type { MessageStream } from '../../client/message-stream.ts'
import type { Instant } from '../../core/time.ts'
import { readDeleteRangeRequest, readDeleteRangeResponse } from '../../wire/etcd/delete-range.ts'
import { readHeaderResponse } from '../../wire/etcd/header.ts'
import { readLeaseGrantRequest, readLeaseIdRequest, readLeasePromiseResponse } from '../../wire/etcd/lease.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import { readPutRequest, readPutResponse } from '../../wire/etcd/put.ts'
import { readRangeRequest, readRangeResponse } from '../../wire/etcd/range.ts'
import { readTxnRequest } from '../../wire/etcd/txn-request.ts'
import { readTxnResponse } from '../../wire/etcd/txn-response.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import type { HeaderField } from '../../wire/hpack/header-field.ts'
import type { StoreRequest, StoreResponse } from '../checkers/history.ts'
import type { LeaseAnswer } from '../checkers/lease-record.ts'
import type { AttemptLog } from './attempt-log.ts'
import type { Stage } from './workload.ts'

/** Where it is written down. */
export interface Tap {
  readonly stage: Stage
  readonly log: AttemptLog
  /** Called behind every request. */
  readonly sent: () => void
}

interface StoreMethod {
  readonly request: (message: Uint8Array) => StoreRequest
  readonly response: (message: Uint8Array) => StoreResponse
}

const PACKAGE = '/etcdserverpb.'

/** What is asked of the store. */
const STORE_METHODS: Readonly<Record<string, StoreMethod>> = {
  'KV/Range': {
    request: message => ({ kind: 'range', range: decode(message, readRangeRequest) }),
    response: message => ({ kind: 'range', range: decode(message, readRangeResponse) }),
  },
  'KV/Put': {
    request: message => ({ kind: 'put', put: decode(message, readPutRequest) }),
    response: message => ({ kind: 'put', put: decode(message, readPutResponse) }),
  },
  'KV/DeleteRange': {
    request: message => ({ kind: 'deleteRange', deleteRange: decode(message, readDeleteRangeRequest) }),
    response: message => ({ kind: 'deleteRange', deleteRange: decode(message, readDeleteRangeResponse) }),
  },
  'KV/Txn': {
    request: message => ({ kind: 'txn', txn: decode(message, readTxnRequest) }),
    response: message => ({ kind: 'txn', txn: decode(message, readTxnResponse) }),
  },
  'Lease/LeaseRevoke': {
    request: message => ({ kind: 'leaseRevoke', leaseRevoke: decode(message, readLeaseIdRequest) }),
    response: message => ({ kind: 'leaseRevoke', leaseRevoke: decode(message, readHeaderResponse) }),
  },
}

/** Called with what one attempt came to. */
type Settle = (attempt: Attempt) => void

export class RecordedChannel implements Channel {
  readonly #channel: Channel
  readonly #tap: Tap

  constructor(channel: Channel, tap: Tap) {
    this.#channel = channel
    this.#tap = tap
  }

  get endpoint(): string {
    return this.#channel.endpoint
  }

  async call(
    path: string,
    message: Uint8Array,
    deadline: Instant,
    metadata?: readonly HeaderField[],
  ): Promise<Attempt> {
    const method = path.slice(PACKAGE.length)
    const settled = [this.#store(method, message), this.#lease(method, message)]
    const answer = this.#channel.call(path, message, deadline, metadata)
    this.#tap.sent()
    const attempt = await answer
    for (const settle of settled) settle?.(attempt)
    return attempt
  }

  async stream(path: string, options?: StreamOptions): Promise<StreamAttempt> {
    const attempt = await this.#channel.stream(path, options)
    if (attempt.kind !== 'open' || path !== `${PACKAGE}Lease/LeaseKeepAlive`) return attempt
    return { kind: 'open', stream: new RecordedKeepAlives(attempt.stream, this.#tap.stage) }
  }

  close(): void {
    this.#channel.close()
  }

  #store(name: string, message: Uint8Array): Settle | undefined {
    const method = STORE_METHODS[name]
    if (method === undefined) return undefined
    const { log } = this.#tap
    const id = log.called(method.request(message))
    return attempt => {
      if (attempt.kind === 'answered') log.done(id, method.response(attempt.response))
      else log.failed(id, errorOf(attempt))
    }
  }

  #lease(name: string, message: Uint8Array): Settle | undefined {
    const { stage } = this.#tap
    const calledAt = stage.cluster.now()
    const times = () => ({ calledAt, answeredAt: stage.cluster.now() })
    if (name === 'Lease/LeaseGrant') {
      const { id } = decode(message, readLeaseGrantRequest)
      const asked = id === 0n ? undefined : id
      return attempt => {
        const answer = answerOf(attempt, response => decode(response, readLeasePromiseResponse))
        stage.leases.calls.push({ kind: 'grant', ...times(), asked, answer })
      }
    }
    if (name !== 'Lease/LeaseRevoke') return undefined
    const { id } = decode(message, readLeaseIdRequest)
    return attempt => {
      stage.leases.calls.push({ kind: 'revoke', ...times(), id, answer: answerOf(attempt, () => ({})) })
    }
  }
}

/** Keep-alives of many leases on one stream: of each, answers come in the order of the requests. */
class RecordedKeepAlives implements MessageStream {
  readonly ended: MessageStream['ended']
  readonly #stream: MessageStream
  readonly #stage: Stage
  /** By lease, places in the book of those that are not answered. */
  readonly #waiting = new Map<bigint, number[]>()

  constructor(stream: MessageStream, stage: Stage) {
    this.#stream = stream
    this.#stage = stage
    this.ended = stream.ended
  }

  /** Stands in the book from now on, for nobody tells when it is given up. */
  send(message: Uint8Array): boolean {
    const { cluster, leases } = this.#stage
    const { id } = decode(message, readLeaseIdRequest)
    const now = cluster.now()
    const place = leases.calls.push({
      kind: 'keepAlive',
      calledAt: now,
      answeredAt: now,
      id,
      answer: { kind: 'unknown' },
    })
    this.#waiting.set(id, [...(this.#waiting.get(id) ?? []), place - 1])
    return this.#stream.send(message)
  }

  async next(): Promise<Uint8Array | null> {
    const message = await this.#stream.next()
    if (message !== null) this.#answered(message)
    return message
  }

  drained(): Promise<void> {
    return this.#stream.drained()
  }

  halfClose(): void {
    this.#stream.halfClose()
  }

  cancel(): void {
    this.#stream.cancel()
  }

  #answered(message: Uint8Array): void {
    const { calls } = this.#stage.leases
    const { id, ttlSeconds } = decode(message, readLeasePromiseResponse)
    const place = this.#waiting.get(id)?.shift()
    if (place === undefined) return
    const { calledAt } = calls[place]!
    const answer = { kind: 'done', ttlSeconds } as const
    calls[place] = { kind: 'keepAlive', calledAt, answeredAt: this.#stage.cluster.now(), id, answer }
  }
}

type Failure = Exclude<Attempt, { kind: 'answered' }>

function errorOf(attempt: Failure): ClientError {
  const { kind, message } = attempt
  if (kind === 'rejected')
    return new ClientError(ClientErrors.rejected, message, attempt.outcome, attempt.status)
  if (kind === 'refused') return new ClientError(ClientErrors.unavailable, message, 'refused')
  return new ClientError(ClientErrors.outcomeUnknown, message, 'unknown')
}

function answerOf<Told>(attempt: Attempt, read: (response: Uint8Array) => Told): LeaseAnswer<Told> {
  if (attempt.kind === 'answered') return { kind: 'done', ...read(attempt.response) }
  const { outcome, status } = errorOf(attempt)
  if (outcome === 'unknown') return { kind: 'unknown' }
  return { kind: 'refused', reason: status === GrpcStatus.notFound ? 'leaseNotFound' : 'notServed' }
}
