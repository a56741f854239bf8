/** A cluster of whole nodes of the etcd API, as users run them, in a simulated world; and clients of theirs. */
import type { Channel } from '../../client/channel.ts'
import type { Client } from '../../client/client.ts'
import { GrpcChannel } from '../../client/grpc-channel.ts'
import { type ConnectOptions, type Credentials, connectOver } from '../../client/index.ts'
import { type Node, startNode } from '../../server/node.ts'
import { CLIENT_PORT, MemberCluster, type MemberClusterOptions } from './member-cluster.ts'

export interface SimulatedClusterOptions extends MemberClusterOptions {
  /** Whom clients are that do not say otherwise. Default: nobody. */
  readonly credentials?: Credentials | undefined
}

export class SimulatedCluster extends MemberCluster<Node> {
  readonly #credentials: Credentials | undefined

  /** No member runs yet. */
  constructor(options: SimulatedClusterOptions) {
    super(startNode, options)
    this.#credentials = options.credentials
  }

  /**
   * A client on a machine of its own, which knows these members.
   *
   * @param through what stands between it and its way to each of them. Default: nothing.
   */
  client(
    name: string,
    members: readonly string[] = this.machines,
    credentials = this.#credentials,
    through: (channel: Channel) => Channel = channel => channel,
  ): Client {
    const machine = this.clientMachine(name, members)
    const channels = members.map(member => through(channelTo(machine, member)))
    return connectOver(channels, { ...machine, credentials })
  }

  /** From a machine of its own to each member with whom the cluster begins: for whoever chooses whom it asks. */
  channels(name: string): ReadonlyMap<string, Channel> {
    const machine = this.clientMachine(name, this.names)
    return new Map(this.names.map(member => [member, channelTo(machine, member)]))
  }
}

function channelTo({ network, clock }: Pick<ConnectOptions, 'network' | 'clock'>, host: string): Channel {
  return new GrpcChannel(network, clock, { host, port: CLIENT_PORT })
}
