/**
 * What is replicated: puts, deletions, transactions that may write, compactions. A request is checked and
 * bounded here, proposed as a command, and answered with what the state machine made of it.
 */
import { probe } from '../../core/seams.ts'
import { encodeCommand } from '../../machines/kv/command-codec.ts'
import type { KvCommand, KvResult } from '../../machines/kv/types.ts'
import { writeCompactionResponse } from '../../wire/etcd/compaction.ts'
import { writeDeleteRangeResponse } from '../../wire/etcd/delete-range.ts'
import { writePutResponse } from '../../wire/etcd/put.ts'
import { writeTxnResponse } from '../../wire/etcd/txn-response.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { EtcdErrors } from './errors.ts'
import { refusalError } from './failures.ts'
import { APPLY_BACKLOG_MAX } from './limits.ts'
import type { Responder } from './responder.ts'

export class Writes {
  readonly #responder: Responder

  constructor(responder: Responder) {
    this.#responder = responder
  }

  /**
   * Whether the store holds more than its quota: puts are refused, and accepted again as soon as deletion and
   * compaction have made room. (etcd raises an alarm that somebody has to disarm by hand.)
   */
  isFull(): boolean {
    const { quotaBytes, options } = this.#responder
    const isFull = quotaBytes > 0 && options.replica.sizeBytes() > quotaBytes
    if (isFull) probe('etcd: the store was full')
    return isFull
  }

  /** @param answer what to do with the result instead of answering with it. */
  propose(
    call: GrpcCall,
    message: Uint8Array,
    command: KvCommand,
    answer: (result: KvResult) => void = result => this.answer(call, result),
  ): void {
    const responder = this.#responder
    const { replica, counters } = responder.options
    const { commitIndex, appliedIndex } = responder.status()
    if (commitIndex - appliedIndex > APPLY_BACKLOG_MAX)
      return responder.fail(call, EtcdErrors.tooManyRequests)
    if (message.length > responder.requestBytesMax) return responder.fail(call, EtcdErrors.requestTooLarge)
    const deadline = responder.deadline(call)
    counters.proposalsPending++
    replica.propose(encodeCommand(command), deadline, outcome => {
      counters.proposalsPending--
      if (outcome.kind === 'done') return answer(outcome.result)
      counters.proposalsFailed++
      responder.proposalFailed(call, deadline, outcome.error)
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
        writeCompactionResponse(response, responder.header(result.compact.revision))
        break
    }
    responder.succeed(call, response)
  }
}
