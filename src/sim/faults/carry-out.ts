/** Does one fault to a cluster, and says whether it changed anything. */
import type { MemberCluster } from '../cluster/member-cluster.ts'
import type { Atlas } from './atlas.ts'
import type { Deathbeds } from './deathbeds.ts'
import { carryOutOnDisk, type DiskFault } from './disk-fault.ts'
import type { Fault } from './fault.ts'
import { carryOutOnNetwork, type NetworkFault } from './network-fault.ts'
import type { Operator } from './operator.ts'
import { startMember } from './start-member.ts'
import { startWrongly } from './wrong-setup.ts'

/** What faults are done to, and with. */
export interface Theatre {
  readonly cluster: MemberCluster
  readonly atlas: Atlas
  readonly deathbeds: Deathbeds
  /** Absent: the members stay who they are. */
  readonly operator?: Operator | undefined
}

/** A process that is already gone cannot be killed: then, and in all such cases, the answer is false. */
export function carryOut(fault: Fault, theatre: Theatre): boolean {
  const { cluster, atlas, deathbeds, operator } = theatre
  const isAdded = fault.kind === 'addMember'
  if (!isAdded && 'member' in fault && !cluster.has(fault.member)) return false
  switch (fault.kind) {
    case 'kill':
    case 'losePower':
    case 'start':
    case 'pause':
    case 'resume':
    case 'stop':
      return carryOutOnProcess(fault.kind, fault.member, theatre)
    case 'losePowerTogether':
      return fault.members
        .filter(member => cluster.has(member))
        .map(member => carryOutOnProcess('losePower', member, theatre))
        .includes(true)
    case 'install':
      return install(fault.member, fault.version, theatre)
    case 'startWrongly':
      return cluster.has(fault.as) && startWrongly(fault, cluster)
    case 'dieAt':
      deathbeds.add(fault)
      return true
    case 'drift':
      cluster.member(fault.member).setDrift(fault.drift)
      return true
    case 'stepWall':
      cluster.member(fault.member).stepWall(fault.ms)
      return cluster.world.node(fault.member) !== undefined
    case 'addMember':
    case 'removeMember':
    case 'moveMember':
      return operator?.ask(fault) ?? false
    default:
      return isOfNetwork(fault)
        ? carryOutOnNetwork(fault, cluster)
        : carryOutOnDisk(fault, cluster.member(fault.member), atlas)
  }
}

type ProcessFault = 'kill' | 'losePower' | 'start' | 'pause' | 'resume' | 'stop'

function carryOutOnProcess(kind: ProcessFault, name: string, { cluster, atlas }: Theatre): boolean {
  const member = cluster.member(name)
  const before = member.state
  if (kind === 'start') startMember(member, atlas)
  else member[kind]()
  // To stop takes a while.
  return member.state !== before || (kind === 'stop' && before === 'running')
}

function install(name: string, version: number, { cluster, atlas }: Theatre): boolean {
  const member = cluster.member(name)
  if (member.version === version) return false
  member.version = version
  if (!member.isUp) return true
  member.kill()
  startMember(member, atlas)
  return true
}

function isOfNetwork(fault: NetworkFault | DiskFault): fault is NetworkFault {
  return !('member' in fault)
}
