/** Kills whichever node leads, again and again, and starts it anew at once. */
import type { Cluster, ClusterNode } from '../../test/harness/cluster.ts'
import { until } from '../../test/harness/until.ts'

export interface Kill {
  readonly name: string
  /** Pairs that were written when the leader died. */
  readonly atPairs: number
  /** From its death to the next write that a survivor has applied. */
  readonly pauseMs: number
}

export interface LeaderKillerOptions {
  readonly cluster: Cluster
  /** Pairs between two deaths. */
  readonly everyPairs: number
  /** True once nothing is imported any more. */
  readonly ended: () => boolean
}

export async function killLeaders({ cluster, everyPairs, ended }: LeaderKillerOptions): Promise<Kill[]> {
  const kills: Kill[] = []
  const start = await revision(cluster.nodes)
  for (let next = everyPairs; ; next += everyPairs) {
    await until(
      'the import to go on',
      async () => ended() || (await revision(cluster.nodes)) - start >= next,
      120_000,
    )
    let leader: ClusterNode | undefined
    await until(
      'a leader',
      async () => {
        leader = await leaderOf(cluster.nodes)
        return ended() || leader !== undefined
      },
      60_000,
    )
    if (ended() || leader === undefined) return kills
    kills.push(await killOnce(leader, cluster, start, ended))
  }
}

async function killOnce(
  leader: ClusterNode,
  cluster: Cluster,
  start: number,
  ended: () => boolean,
): Promise<Kill> {
  await leader.kill()
  const diedAt = performance.now()
  const others = cluster.nodes.filter(node => node !== leader)
  const reached = await revision(others)
  leader.start()
  await until('the survivors to go on', async () => ended() || (await revision(others)) > reached, 120_000)
  return { name: leader.layout.name, atPairs: reached - start, pauseMs: performance.now() - diedAt }
}

/** The newest revision that any of the nodes has; those that are down have none. */
export async function revision(nodes: readonly ClusterNode[]): Promise<number> {
  const all = await Promise.all(nodes.map(node => metric(node, 'etcd_debugging_mvcc_current_revision')))
  return Math.max(0, ...all)
}

async function leaderOf(nodes: readonly ClusterNode[]): Promise<ClusterNode | undefined> {
  const leads = await Promise.all(nodes.map(node => metric(node, 'etcd_server_is_leader')))
  return nodes[leads.indexOf(1)]
}

/** 0 if the node does not answer. */
export async function metric(node: ClusterNode, name: string): Promise<number> {
  try {
    const response = await fetch(`${node.layout.clientUrl}/metrics`, { signal: AbortSignal.timeout(2_000) })
    return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await response.text())?.[1] ?? 0)
  } catch {
    return 0
  }
}
