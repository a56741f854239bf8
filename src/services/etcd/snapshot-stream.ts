/**
 * `Maintenance/Snapshot`: the state of this member as a file, piece by piece, from a pin, as fast as the caller takes
 * it. It ends with the hash of the rest, as etcd's does; the file itself is Quorate's (`storage/snapshot-file`).
 */
import { crc32c } from '../../core/crc32c.ts'
import { portableSha256 } from '../../core/sha256.ts'
import { livePairs } from '../../machines/kv/compaction.ts'
import { currentRevision } from '../../machines/kv/revisions.ts'
import { MACHINE_KEYS, readApplied } from '../../replication/applied-state.ts'
import type { StorePin } from '../../runtime/store.ts'
import { SnapshotBlocks } from '../../storage/snapshot-file/snapshot-blocks.ts'
import { readEmpty } from '../../wire/etcd/maintenance.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import { writeSnapshotResponse } from '../../wire/etcd/snapshot.ts'
import type { GrpcCall, StreamHandlers } from '../../wire/grpc/call.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import { EtcdErrors } from './errors.ts'
import type { Responder } from './responder.ts'
import type { SlicedWork, Slices } from './slices.ts'
import { ETCD_CLUSTER_VERSION } from './version.ts'

export class SnapshotStream implements StreamHandlers, SlicedWork {
  readonly #responder: Responder
  readonly #slices: Slices
  readonly #call: GrpcCall
  #pin: StorePin | undefined
  #blocks: SnapshotBlocks | undefined
  #revision = 0
  #bytesLeft = 0

  constructor(responder: Responder, slices: Slices, call: GrpcCall) {
    this.#responder = responder
    this.#slices = slices
    this.#call = call
  }

  received(message: Uint8Array): void {
    decode(message, readEmpty)
    if (this.#blocks !== undefined) return
    const { replica, clusterId, checksum = crc32c, sha256 = portableSha256 } = this.#responder.options
    const pin = replica.pin()
    const applied = readApplied(pin)
    if (applied === undefined) {
      pin.release()
      return this.#responder.fail(this.#call, EtcdErrors.noLeader)
    }
    const { index, ballot, time } = applied
    this.#pin = pin
    this.#revision = currentRevision(pin)
    this.#bytesLeft = replica.sizeBytes()
    this.#blocks = new SnapshotBlocks({
      head: { clusterId, index, ballot, time, revision: this.#revision },
      cursor: pin.scan(MACHINE_KEYS),
      isLive: livePairs(pin),
      checksum,
      sha256: sha256(),
    })
    this.#goOn()
  }

  halfClosed(): void {}

  drained(): void {
    if (this.#blocks !== undefined) this.#goOn()
  }

  /** The caller has gone, or has all. */
  ended(): void {
    this.#pin?.release()
    this.#pin = undefined
  }

  advance(): boolean {
    if (this.#pin === undefined || this.#blocks === undefined || this.#call.ended) return false
    const blob = this.#blocks.next()
    if (blob === undefined) {
      this.#responder.finish(this.#call, GrpcStatus.ok)
      this.ended()
      return false
    }
    return blob.length === 0 || this.#send(blob)
  }

  /** False when the caller has enough for now: `drained` goes on. */
  #send(blob: Uint8Array): boolean {
    // What is left is an estimate, and never nothing before the end.
    this.#bytesLeft = Math.max(1, this.#bytesLeft - blob.length)
    const remainingBytes = this.#blocks!.isOver ? 0 : this.#bytesLeft
    const response = this.#responder.writer()
    writeSnapshotResponse(response, this.#responder.header(this.#revision), {
      remainingBytes,
      blob,
      version: ETCD_CLUSTER_VERSION,
    })
    return this.#call.send(response.written())
  }

  #goOn(): void {
    if (this.#slices.add(this)) return
    this.#responder.fail(this.#call, EtcdErrors.tooManyRequests)
    this.ended()
  }
}
