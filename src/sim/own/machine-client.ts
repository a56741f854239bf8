/** A client of a user's machine: the production client's way of finding a member that answers, and of giving up. */
import { ClientError } from '../../client/errors.ts'
import { Failover } from '../../client/failover.ts'
import { GrpcChannel } from '../../client/grpc-channel.ts'
import { CLIENT_PORT } from '../cluster/member-cluster.ts'
import type { WorldNode } from '../world.ts'
import {
  decodeAnswer,
  encodeRequest,
  type MachineAnswer,
  type MachineRequest,
  READ_PATH,
  WRITE_PATH,
} from './machine-request.ts'

/** One attempt. Refused: surely not carried out by it. */
export type Attempt =
  | ({ readonly kind: 'done' } & MachineAnswer)
  | { readonly kind: 'refused' }
  | { readonly kind: 'unknown' }

export class MachineClient {
  readonly #failover: Failover
  readonly #timeoutMs: number

  /** @param members those that it knows */
  constructor({ clock, random, network }: WorldNode, members: readonly string[], timeoutMs: number) {
    const channels = members.map(host => new GrpcChannel(network, clock, { host, port: CLIENT_PORT }))
    this.#failover = new Failover(clock, random, channels)
    this.#timeoutMs = timeoutMs
  }

  /** Throws what is no answer of the client: a bug. */
  async ask(request: MachineRequest, isRead: boolean): Promise<Attempt> {
    const path = isRead ? READ_PATH : WRITE_PATH
    const options = { timeoutMs: this.#timeoutMs, isRead }
    try {
      return {
        kind: 'done',
        ...decodeAnswer(await this.#failover.request(path, encodeRequest(request), options)),
      }
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      return { kind: error.outcome }
    }
  }

  close(): void {
    this.#failover.close()
  }
}
