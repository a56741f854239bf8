/**
 * What is replicated: puts, deletions, transactions that may write, compactions, leases. A request is checked and
 * bounded here, proposed as a command, and answered with what the state machine made of it.
 */
import { InvariantError } from '../../core/assert.ts'
import type { Gauge } from '../../core/gauge.ts'
import { NOBODY } from '../../core/ids.ts'
import type { Instant } from '../../core/time.ts'
import { takesSpace } from '../../machines/kv/alarms.ts'
import { decodeCommand, encodeCommand } from '../../machines/kv/command-codec.ts'
import { type KvCommand, type KvResult, type PlainCommand, plainCommandOf } from '../../machines/kv/types.ts'
import { writeDeleteRangeResponse } from '../../wire/etcd/delete-range.ts'
import { writeHeader } from '../../wire/etcd/header.ts'
import { writeLeasePromiseResponse } from '../../wire/etcd/lease.ts'
import { writePutResponse } from '../../wire/etcd/put.ts'
import { writeTxnResponse } from '../../wire/etcd/txn-response.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { Backlog } from './backlog.ts'
import { EtcdErrors } from './errors.ts'
import { refusalError } from './failures.ts'
import { PROPOSALS_IN_LINE_BYTES_MAX, PROPOSALS_IN_LINE_MAX, PROPOSALS_UNDERWAY_MAX } from './limits.ts'
import type { Responder } from './responder.ts'
import type { Space } from './space.ts'
import { Turns } from './turns.ts'

export class Writes {
  readonly #responder: Responder
  readonly #space: Space
  readonly #backlog = new Backlog()
  readonly #turns = new Turns()

  constructor(responder: Responder, space: Space) {
    this.#responder = responder
    this.#space = space
  }

  /** Whether this member has no room for what takes so many bytes. */
  refuses(costBytes: number): boolean {
    return this.#space.refuses(costBytes)
  }

  /** @param answer what to do with the result instead of answering with it. */
  propose(
    call: GrpcCall,
    message: Uint8Array,
    command: PlainCommand,
    answer: (result: KvResult) => void = result => this.answer(call, result),
  ): void {
    const responder = this.#responder
    if (responder.isBehind() || this.#isOverloaded(call))
      return responder.fail(call, EtcdErrors.tooManyRequests)
    if (message.length > responder.requestBytesMax) return responder.fail(call, EtcdErrors.requestTooLarge)
    const asked = responder.callers.asked(call, command)
    if (asked.kind === 'allowed') return this.#proposeAsked(call, asked.command, answer)
    if (asked.error !== EtcdErrors.permissionDenied) return responder.fail(call, asked.error)
    this.#unlessStillDenied(call, command, answer)
  }

  /**
   * Another member may have given the right a moment ago, and acknowledged it: behind a barrier this one knows of it,
   * too. What was wrongly allowed here needs none, for the machine looks again.
   */
  #unlessStillDenied(call: GrpcCall, command: PlainCommand, answer: (result: KvResult) => void): void {
    const responder = this.#responder
    // The command is made of bytes that are gone by then.
    const kept = encodeCommand(command)
    responder.behindBarrier(call, responder.deadline(call), () => {
      const asked = responder.callers.asked(call, plainCommandOf(decodeCommand(kept)))
      if (asked.kind === 'refused') return responder.fail(call, asked.error)
      this.#proposeAsked(call, asked.command, answer)
    })
  }

  #proposeAsked(call: GrpcCall, command: KvCommand, answer: (result: KvResult) => void): void {
    const responder = this.#responder
    const { replica, counters } = responder.options
    const deadline = responder.deadline(call)
    const bytes = encodeCommand(command)
    const propose = (): void => {
      counters.proposalsPending++
      const answered = this.#backlog.add(responder.options.clock.now())
      const over = (): void => {
        counters.proposalsPending--
        answered()
        this.#turns.leave()
      }
      const isTaken = this.#turns.enter(call.connection, bytes.length, () => {
        if (call.ended) {
          over()
          return responder.dropped(call)
        }
        replica.propose(bytes, deadline, outcome => {
          over()
          if (outcome.kind === 'done') return answer(outcome.result)
          counters.proposalsFailed++
          responder.proposalFailed(call, deadline, outcome.error)
        })
      })
      if (isTaken) return
      counters.proposalsPending--
      answered()
      responder.fail(call, EtcdErrors.tooManyRequests)
    }
    if (takesSpace(plainCommandOf(command)) && this.#space.isAlarmed())
      this.#unlessAlarmed(call, deadline, propose)
    else propose()
  }

  gauges(): readonly Gauge[] {
    const { underway, waiting } = this.#turns
    return [
      { name: 'etcd: proposals under way', value: underway, max: PROPOSALS_UNDERWAY_MAX, empties: true },
      { name: 'etcd: proposals in line', value: waiting, max: PROPOSALS_IN_LINE_MAX, empties: true },
      {
        name: 'etcd: bytes of proposals in line',
        value: this.#turns.waitingBytes,
        max: PROPOSALS_IN_LINE_BYTES_MAX,
        empties: true,
      },
    ]
  }

  /** Without a leader everybody waits for one, and is told in the end that there is none. */
  #isOverloaded(call: GrpcCall): boolean {
    const { options } = this.#responder
    // Who asks for little does not go without because others ask for too much.
    if (!this.#turns.hasLine(call.connection) || !this.#backlog.isTooLong(options.clock.now())) return false
    return this.#responder.status().leader !== NOBODY
  }

  /** The machine would refuse it; but a member out of room would have to log it first. The alarm may just be lifted. */
  #unlessAlarmed(call: GrpcCall, deadline: Instant, propose: () => void): void {
    this.#responder.behindBarrier(call, deadline, () => {
      if (this.#space.isAlarmed()) return this.#responder.fail(call, EtcdErrors.noSpace)
      propose()
    })
  }

  answer(call: GrpcCall, result: KvResult): void {
    const responder = this.#responder
    if (result.kind === 'refused') return responder.fail(call, refusalError(result.reason))
    const response = responder.writer()
    switch (result.kind) {
      case 'put':
        writePutResponse(response, responder.header(result.put.revision), result.put)
        break
      case 'deleteRange':
        writeDeleteRangeResponse(response, responder.header(result.deleteRange.revision), result.deleteRange)
        break
      case 'txn':
        writeTxnResponse(response, responder.header(result.txn.revision), result.txn)
        break
      case 'compact':
        writeHeader(response, responder.header(result.compact.revision))
        break
      case 'leaseGrant':
        writeLeasePromiseResponse(response, responder.header(result.leaseGrant.revision), result.leaseGrant)
        break
      case 'leaseRevoke':
        writeHeader(response, responder.header(result.leaseRevoke.revision))
        break
      case 'auth':
        writeHeader(response, responder.header(result.auth.revision))
        break
      case 'leaseRenew':
      case 'leaseExpire':
      case 'alarm':
      case 'clusterVersion':
      case 'downgrade':
      case 'hashReport':
        throw new InvariantError(`no request is answered with a ${result.kind}`)
    }
    responder.succeed(call, response)
  }
}
