/**
 * A process is started on a machine as if it were another's: by a unit file that was copied, a volume that was mounted
 * in the wrong place. Its data directory knows whose it is, and refuses.
 */
import type { NodeConfig } from '../../server/config.ts'
import type { SimulatedMember } from '../cluster/member.ts'
import type { MemberCluster } from '../cluster/member-cluster.ts'
import type { Fault } from './fault.ts'

type WrongStart = Extract<Fault, { kind: 'startWrongly' }>

/** What is started in place of the right process. False if there is nothing yet that could tell. */
export function startWrongly({ member: name, as, mistake }: WrongStart, cluster: MemberCluster): boolean {
  const member = cluster.member(name)
  if (!isClaimed(member) || !isMistake(member.config, as, mistake)) return false
  member.kill()
  member.startWrongly(mistaken(member.config, cluster.member(as).config, mistake))
  return true
}

/** Of who was started to join, only the name has to be its own: the cluster has told it everything else. */
function isMistake(
  { name, initialClusterState }: NodeConfig,
  as: string,
  mistake: WrongStart['mistake'],
): boolean {
  return mistake === 'anotherMember' ? as !== name : initialClusterState === 'new'
}

function mistaken(own: NodeConfig, other: NodeConfig, mistake: WrongStart['mistake']): NodeConfig {
  switch (mistake) {
    case 'anotherMember':
      return other
    case 'anotherToken':
      return { ...own, initialClusterToken: `${own.initialClusterToken}-2` }
    case 'anotherMembership': {
      const stranger = { name: 'stranger', peerUrls: ['http://stranger:2380'] }
      return { ...own, initialCluster: [...own.initialCluster, stranger] }
    }
  }
}

/** A machine that never ran, or lost its disk, has nothing that a stranger could harm, and nothing that refuses one. */
function isClaimed({ config, disk }: SimulatedMember): boolean {
  return disk.exists(`${config.dataDir}/identity`)
}
