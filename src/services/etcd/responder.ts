/**
 * How every method of the service answers: with a message that is written into one buffer that all of them
 * share (a call copies what it sends), or with an error of the catalogue; and what every response's header
 * says.
 */
import type { QuorateError } from '../../core/errors.ts'
import type { Index } from '../../core/ids.ts'
import { bug, probe } from '../../core/seams.ts'
import { addMs, type Instant, msBetween } from '../../core/time.ts'
import { type Alarm, readAlarms } from '../../machines/kv/alarms.ts'
import { clusterVersion, versionOfCommand } from '../../machines/kv/cluster-version.ts'
import type { KvCommand } from '../../machines/kv/types.ts'
import type { ReplicaStatus } from '../../replication/replica.ts'
import { type ResponseHeaderParts, type ResponseIdentity, responseIdentity } from '../../wire/etcd/header.ts'
import { ProtobufWriter } from '../../wire/etcd/protobuf-writer.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import { tokensOf } from './auth/authentication.ts'
import { Callers } from './auth/callers.ts'
import { type EtcdError, EtcdErrors } from './errors.ts'
import { proposalFailure, readFailure } from './failures.ts'
import {
  ANSWER_MARGIN_DIVISOR,
  ANSWER_MARGIN_MS,
  APPLY_BACKLOG_MAX,
  LARGEST_RESPONSES_MAX,
  RANGE_RESPONSE_BYTES_MAX,
  REQUEST_BYTES_MAX,
  REQUEST_TIMEOUT_MS,
  TXN_OPERATIONS_MAX,
} from './limits.ts'
import { type EtcdOptions, quotaOf } from './options.ts'

export class Responder {
  readonly options: EtcdOptions
  /** Who asks, and whether they may. */
  readonly callers: Callers
  readonly requestBytesMax: number
  readonly txnOperationsMax: number
  readonly rangeResponseBytesMax: number
  /** Negative: none. */
  readonly quotaBytes: number
  readonly #identity: ResponseIdentity
  readonly #timeoutMs: number
  readonly #writer = new ProtobufWriter()
  #status: ReplicaStatus | undefined
  /** As the applied index of the status found them. */
  #alarms: { readonly appliedIndex: Index; readonly alarms: readonly Alarm[] } | undefined
  #reservedBytes = 0

  constructor(options: EtcdOptions) {
    this.options = options
    this.callers = new Callers(options, tokensOf(options))
    this.#identity = responseIdentity(options.clusterId, options.memberId)
    this.#timeoutMs = options.requestTimeoutMs ?? REQUEST_TIMEOUT_MS
    this.requestBytesMax = options.requestBytesMax ?? REQUEST_BYTES_MAX
    this.txnOperationsMax = options.txnOperationsMax ?? TXN_OPERATIONS_MAX
    this.rangeResponseBytesMax = options.rangeResponseBytesMax ?? RANGE_RESPONSE_BYTES_MAX
    this.quotaBytes = quotaOf(options)
  }

  /**
   * The group's status, asked for once per turn: every response names the term, and what changes within a
   * turn may as well have changed after it.
   */
  status(): ReplicaStatus {
    if (this.#status === undefined) {
      this.#status = this.options.replica.status()
      this.options.clock.soon(this.#forgetStatus)
    }
    return this.#status
  }

  /** The alarms that are on, as this member knows them. */
  alarms(): readonly Alarm[] {
    const { appliedIndex } = this.options.replica.status()
    if (this.#alarms?.appliedIndex !== appliedIndex) {
      this.#alarms = { appliedIndex, alarms: readAlarms(this.options.replica.view) }
    }
    return this.#alarms.alarms
  }

  /** Whether every member understands this command: else they would make different things of the log. */
  mayPropose(kind: KvCommand['kind']): boolean {
    const { replica, version } = this.options
    if (clusterVersion(replica.view, version) >= versionOfCommand(kind)) return true
    probe('etcd: a command waited until all members know it')
    return bug('command-before-all-know-it')
  }

  /** Whether so much is committed and not applied that a new write would only wait longer. */
  isBehind(): boolean {
    const { commitIndex, appliedIndex } = this.status()
    return commitIndex - appliedIndex > APPLY_BACKLOG_MAX
  }

  readonly #forgetStatus = (): void => {
    this.#status = undefined
  }

  /**
   * When to give up on a call: at the service's time-out, or a little before the call's own deadline, so that
   * the caller learns whether anything was done before it stops listening.
   */
  deadline(call: GrpcCall): Instant {
    const now = this.options.clock.now()
    const own = addMs(now, this.#timeoutMs)
    const marginMs = Math.min(ANSWER_MARGIN_MS, msBetween(now, call.deadline) / ANSWER_MARGIN_DIVISOR)
    const before = addMs(call.deadline, -marginMs)
    return before < own ? before : own
  }

  header(revision: number): ResponseHeaderParts {
    return { identity: this.#identity, revision, raftTerm: this.status().ballot }
  }

  /** The buffer for one response, empty. It is to be sent before the turn ends. */
  writer(): ProtobufWriter {
    this.#writer.reset()
    return this.#writer
  }

  succeed(call: GrpcCall, response: ProtobufWriter): void {
    call.send(response.written())
    this.finish(call, GrpcStatus.ok)
  }

  fail(call: GrpcCall, { status, message }: Pick<EtcdError, 'status' | 'message'>): void {
    this.finish(call, status, message)
  }

  /** Goes on once the state is as new as whatever was answered before now; or ends the call, if that cannot be. */
  behindBarrier(call: GrpcCall, deadline: Instant, go: () => void): void {
    this.options.replica.read(deadline, refusal => {
      if (call.ended) this.dropped(call)
      else if (refusal === null) go()
      else this.readFailed(call, refusal)
    })
  }

  readFailed(call: GrpcCall, error: QuorateError): void {
    this.fail(call, readFailure(error))
  }

  proposalFailed(call: GrpcCall, deadline: Instant, error: QuorateError): void {
    this.fail(call, proposalFailure(error, this.options.clock.now() >= deadline))
  }

  /** grpc-go's own words for a response that it refuses to send. */
  failTooLarge(call: GrpcCall, responseBytes: number): void {
    const message = `grpc: trying to send message larger than max (${responseBytes} vs. ${this.rangeResponseBytesMax})`
    this.finish(call, GrpcStatus.resourceExhausted, message)
  }

  /** The caller gave up: there is nobody to answer. */
  dropped(call: GrpcCall): void {
    this.options.counters.handled(call.path, GrpcStatus.cancelled)
  }

  /** Ends a call that nobody waits for any more, or whose time is over; true if it did. */
  gaveUp(call: GrpcCall, deadline: Instant): boolean {
    if (call.ended) this.dropped(call)
    else if (this.options.clock.now() >= deadline) this.fail(call, EtcdErrors.timedOut)
    else return false
    return true
  }

  /** Asks for memory to write a long response in; false if there is not enough of it. */
  reserveMemory(bytes: number): boolean {
    const bytesMax = this.rangeResponseBytesMax * LARGEST_RESPONSES_MAX
    if (this.#reservedBytes + bytes > bytesMax) return false
    this.#reservedBytes += bytes
    return true
  }

  releaseMemory(bytes: number): void {
    this.#reservedBytes -= bytes
  }

  finish(call: GrpcCall, status: GrpcStatus, message?: string): void {
    this.options.counters.handled(call.path, status)
    call.finish(status, message)
  }
}
