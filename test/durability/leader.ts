import { addressOf } from '../../src/server/node-url.ts'
import type { ClusterNode } from '../harness/cluster.ts'
import { clientOf } from './node-view.ts'

/** A node that does not answer in this time does not lead. */
const STATUS_TIMEOUT_MS = 1_000

/** The node that says that it leads; undefined if none does just now. */
export async function findLeader(nodes: readonly ClusterNode[]): Promise<ClusterNode | undefined> {
  const leads = await Promise.all(nodes.map(saysThatItLeads))
  return nodes[leads.indexOf(true)]
}

export async function leaderOf(nodes: readonly ClusterNode[]): Promise<ClusterNode> {
  const leader = await findLeader(nodes)
  if (leader === undefined) throw new Error('nobody leads')
  return leader
}

async function saysThatItLeads({ layout }: ClusterNode): Promise<boolean> {
  const client = clientOf([addressOf(layout.clientUrl)])
  try {
    const { header, leader } = await client.status({ timeoutMs: STATUS_TIMEOUT_MS })
    return header.memberId === leader
  } catch {
    return false
  } finally {
    client.close()
  }
}
