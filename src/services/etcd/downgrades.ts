/**
 * `Maintenance/Downgrade`: whether the cluster may go back to an older version of etcd's API, its announcement, and its
 * being called off, with etcd's answers. Data and log of Quorate have versions of their own, which nothing here touches
 * (`docs/decisions/0012-versions-of-a-cluster.md`).
 */
import { downgradeTarget } from '../../machines/kv/downgrade.ts'
import { currentRevision } from '../../machines/kv/revisions.ts'
import type { KvResult } from '../../machines/kv/types.ts'
import { DowngradeAction, readDowngradeRequest, writeDowngradeResponse } from '../../wire/etcd/downgrade.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import type { GrpcCall } from '../../wire/grpc/call.ts'
import { type EtcdError, EtcdErrors } from './errors.ts'
import type { Responder } from './responder.ts'
import { ETCD_CLUSTER_VERSION } from './version.ts'
import type { Writes } from './writes.ts'

export class Downgrades {
  readonly #responder: Responder
  readonly #writes: Writes

  constructor(responder: Responder, writes: Writes) {
    this.#responder = responder
    this.#writes = writes
  }

  handle(call: GrpcCall, message: Uint8Array): void {
    const { action, version } = decode(message, readDowngradeRequest)
    switch (action) {
      case DowngradeAction.validate:
      case DowngradeAction.enable:
        return this.#validate(call, version, target => {
          if (action === DowngradeAction.validate) this.#answer(call)
          else this.#propose(call, message, target)
        })
      case DowngradeAction.cancel:
        return this.#propose(call, message, '')
      default:
        return this.#answer(call)
    }
  }

  /** In the order of etcd's checks. */
  #validate(call: GrpcCall, version: string, go: (target: string) => void): void {
    const target = clusterVersionIn(version)
    if (target === undefined) return this.#responder.fail(call, EtcdErrors.downgradeVersionFormat)
    const deadline = this.#responder.deadline(call)
    this.#responder.behindBarrier(call, deadline, () => {
      const error = this.#refusalOf(target)
      if (error === undefined) go(target)
      else this.#responder.fail(call, error)
    })
  }

  #refusalOf(target: string): EtcdError | undefined {
    if (target !== oneMinorBelow(ETCD_CLUSTER_VERSION)) return EtcdErrors.downgradeVersionInvalid
    const { view } = this.#responder.options.replica
    return downgradeTarget(view) === undefined ? undefined : EtcdErrors.downgradeInProgress
  }

  #propose(call: GrpcCall, message: Uint8Array, target: string): void {
    if (!this.#responder.mayPropose('downgrade')) return this.#responder.fail(call, EtcdErrors.notCapable)
    const answer = (result: KvResult): void => {
      if (result.kind === 'downgrade') this.#answer(call)
      else this.#writes.answer(call, result)
    }
    this.#writes.propose(call, message, { kind: 'downgrade', downgrade: { target } }, answer)
  }

  #answer(call: GrpcCall): void {
    const { view } = this.#responder.options.replica
    const response = this.#responder.writer()
    writeDowngradeResponse(response, this.#responder.header(currentRevision(view)), ETCD_CLUSTER_VERSION)
    this.#responder.succeed(call, response)
  }
}

/** `3.5`, `3.5.0` or `3.5.7` are `3.5.0`; undefined for what is no version. */
function clusterVersionIn(text: string): string | undefined {
  const parts = /^(0|[1-9]\d*)\.(0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)(?:[-+][0-9A-Za-z.+-]+)?)?$/.exec(text)
  return parts === null ? undefined : `${parts[1]}.${parts[2]}.0`
}

function oneMinorBelow(version: string): string {
  const [major, minor] = version.split('.')
  return `${major}.${Number(minor) - 1}.0`
}
