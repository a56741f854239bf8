/** Does a fault to the network of a cluster, and says whether it changed anything. */
import { unreachable } from '../../core/assert.ts'
import type { MemberCluster } from '../cluster/member-cluster.ts'
import type { SimulatedNetwork } from '../network.ts'
import type { Fault } from './fault.ts'

export type NetworkFault = Extract<
  Fault,
  {
    kind:
      | 'cut'
      | 'heal'
      | 'partition'
      | 'join'
      | 'healAll'
      | 'clog'
      | 'narrow'
      | 'reset'
      | 'hush'
      | 'strand'
      | 'links'
  }
>

/** See `carryOut`. */
export function carryOutOnNetwork(fault: NetworkFault, { world, machines }: MemberCluster): boolean {
  const { network } = world
  const { links } = network
  switch (fault.kind) {
    case 'cut':
    case 'heal':
      return setCut(links.link(fault.from, fault.to), fault.kind === 'cut')
    case 'partition':
    case 'join':
      return divided(machines, fault)
        .map(([from, to]) => setCut(links.link(from, to), fault.kind === 'partition'))
        .includes(true)
    case 'healAll':
      return links.healAll()
    case 'clog':
      return links.clog(fault.from, fault.to, fault.delayUs)
    case 'narrow':
      return links
        .link(fault.from, fault.to)
        .narrow(fault.packets === 0 ? Number.POSITIVE_INFINITY : fault.packets)
    case 'reset':
    case 'hush':
      return network[fault.kind](fault.a, fault.b) > 0
    case 'strand':
      return network.strand(fault.to, fault.breaksUs, fault.arrivesUs) > 0
    case 'links':
      return setLinks(network, fault)
    default:
      return unreachable(fault)
  }
}

/** The pairs of members between which a partition lies; one way: from an earlier group to a later one. */
function divided(
  names: readonly string[],
  { groups, isOneWay = false }: Extract<Fault, { kind: 'partition' | 'join' }>,
): (readonly [string, string])[] {
  const groupOf = (name: string): number => groups.findIndex(group => group.includes(name))
  // Whoever is in no group is alone, and behind them all.
  const placeOf = (name: string): number =>
    groupOf(name) < 0 ? groups.length + names.indexOf(name) : groupOf(name)
  return names.flatMap(from =>
    names
      .filter(to => (isOneWay ? placeOf(from) < placeOf(to) : placeOf(from) !== placeOf(to)))
      .map(to => [from, to] as const),
  )
}

type LinksFault = Extract<Fault, { kind: 'links' }>

function setLinks(network: SimulatedNetwork, { quality, faults }: LinksFault): boolean {
  const { links } = network
  const changes = !isSame(links.quality, quality) || !isSame(network.faults, faults)
  links.setQuality(quality)
  network.faults = faults
  return changes
}

/** Of plain values, whose fields are in the order that their types give. */
function isSame<T>(one: T, other: T): boolean {
  return JSON.stringify(one) === JSON.stringify(other)
}

function setCut(link: { readonly isCut: boolean; cut(): void; join(): void }, isCut: boolean): boolean {
  const changes = link.isCut !== isCut
  if (isCut) link.cut()
  else link.join()
  return changes
}
