/** A cluster of whole nodes of the etcd API, as users run them, in a simulated world; and clients of theirs. */
import type { Client } from '../../client/client.ts'
import { connect } from '../../client/index.ts'
import { type Node, startNode } from '../../server/node.ts'
import { CLIENT_PORT, MemberCluster, type MemberClusterOptions } from './member-cluster.ts'

export type SimulatedClusterOptions = MemberClusterOptions

export class SimulatedCluster extends MemberCluster<Node> {
  /** No member runs yet. */
  constructor(options: SimulatedClusterOptions) {
    super(startNode, options)
  }

  /** A client on a machine of its own, which knows these members. */
  client(name: string, members: readonly string[] = this.machines): Client {
    const { network, clock, random } = this.clientMachine(name, members)
    return connect({ network, clock, random, endpoints: members.map(host => ({ host, port: CLIENT_PORT })) })
  }
}
