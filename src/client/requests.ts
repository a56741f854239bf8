/** Requests of the API as a client makes them: a message to whichever node takes it, and what its answer says. */
import { decode, type ProtobufReader } from '../wire/etcd/protobuf-reader.ts'
import { ClientError, ClientErrors } from './errors.ts'
import type { Failover, FailoverOptions } from './failover.ts'

export class Requests {
  readonly #failover: Failover

  constructor(failover: Failover) {
    this.#failover = failover
  }

  /** @param method without its package, e.g. `KV/Put` */
  async ask<Response>(
    method: string,
    message: Uint8Array,
    read: (from: ProtobufReader) => Response,
    options: FailoverOptions,
  ): Promise<Response> {
    const response = await this.#failover.request(`/etcdserverpb.${method}`, message, options)
    try {
      return decode(response, read)
    } catch (error) {
      // A write was done, but what came of it cannot be read: to the caller that is unknown.
      const outcome = options.isRead === true ? 'refused' : 'unknown'
      throw new ClientError(ClientErrors.protocol, `an answer could not be read: ${String(error)}`, outcome)
    }
  }
}
