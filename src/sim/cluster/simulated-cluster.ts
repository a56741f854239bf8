/** A cluster of whole nodes of the etcd API, as users run them, in a simulated world; and clients of theirs. */
import type { Client } from '../../client/client.ts'
import { type Credentials, connect } from '../../client/index.ts'
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

  /** A client on a machine of its own, which knows these members. */
  client(name: string, members: readonly string[] = this.machines, credentials = this.#credentials): Client {
    const { network, clock, random } = this.clientMachine(name, members)
    const endpoints = members.map(host => ({ host, port: CLIENT_PORT }))
    return connect({ network, clock, random, endpoints, credentials })
  }
}
