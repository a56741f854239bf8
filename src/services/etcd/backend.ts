/**
 * `Maintenance/Hash` and `Maintenance/Defragment`: about the whole of what this member keeps. The hash covers every
 * table of the machine, indexes and leases included, and is equal on members that have applied the same entries; it is
 * ours, and no etcd's. Defragmenting merges what lies on disk into as few files as there can be, and the member serves.
 */
import { crc32c } from '../../core/crc32c.ts'
import type { Instant } from '../../core/time.ts'
import { livePairs } from '../../machines/kv/compaction.ts'
import { currentRevision } from '../../machines/kv/revisions.ts'
import { MACHINE_KEYS } from '../../replication/applied-state.ts'
import { StateHash } from '../../runtime/state-hash.ts'
import type { StorePin } from '../../runtime/store.ts'
import { writeHashResponse } from '../../wire/etcd/hash.ts'
import { readEmpty } from '../../wire/etcd/maintenance.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import { EtcdErrors } from './errors.ts'
import type { Responder } from './responder.ts'
import type { SlicedWork, Slices } from './slices.ts'

export function answerHash(responder: Responder, slices: Slices, call: GrpcCall, message: Uint8Array): void {
  decode(message, readEmpty)
  const work = new BackendHash(responder, call)
  if (slices.add(work)) return
  work.abandon()
  responder.fail(call, EtcdErrors.tooManyRequests)
}

class BackendHash implements SlicedWork {
  readonly #responder: Responder
  readonly #call: GrpcCall
  readonly #deadline: Instant
  readonly #pin: StorePin
  readonly #hash: StateHash
  readonly #revision: number

  constructor(responder: Responder, call: GrpcCall) {
    const { replica, checksum = crc32c } = responder.options
    this.#responder = responder
    this.#call = call
    this.#deadline = responder.deadline(call)
    this.#pin = replica.pin()
    this.#revision = currentRevision(this.#pin)
    this.#hash = new StateHash(this.#pin, livePairs(this.#pin), MACHINE_KEYS, checksum)
  }

  advance(rows: number): boolean {
    if (this.#responder.gaveUp(this.#call, this.#deadline)) return this.abandon()
    if (this.#hash.advance(rows)) return true
    const response = this.#responder.writer()
    writeHashResponse(response, this.#responder.header(this.#revision), this.#hash.hash)
    this.#responder.succeed(this.#call, response)
    return this.abandon()
  }

  abandon(): false {
    this.#pin.release()
    return false
  }
}

/** However long it takes: who gives up waiting does not stop it. The response is empty: etcd fills in no header. */
export function answerDefragment(responder: Responder, call: GrpcCall, message: Uint8Array): void {
  decode(message, readEmpty)
  const { files } = responder.options
  if (files === undefined) return responder.finish(call, GrpcStatus.ok)
  files.defragment(error => {
    if (call.ended) return responder.dropped(call)
    if (error !== null) return responder.fail(call, EtcdErrors.noSpace)
    responder.succeed(call, responder.writer())
  })
}
