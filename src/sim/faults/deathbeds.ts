/** Processes that are to die at a point of their work: right before or after a call of their disk. */
import type { SimulatedMember } from '../cluster/member.ts'
import type { MemberCluster } from '../cluster/member-cluster.ts'
import type { DiskStep } from '../disk.ts'
import { SuddenDeath } from '../sudden-death.ts'
import { isOfPart } from './disk-part.ts'
import type { Fault } from './fault.ts'

/** Who dies where. */
export type Deathbed = Extract<Fault, { kind: 'dieAt' }>

export class Deathbeds {
  readonly #cluster: MemberCluster
  readonly #died: (member: string) => void
  #beds: Deathbed[] = []

  /** @param died is called after each such death */
  constructor(cluster: MemberCluster, died: (member: string) => void) {
    this.#cluster = cluster
    this.#died = died
  }

  add(bed: Deathbed): void {
    this.#beds.push(bed)
    this.#follow(bed.member)
  }

  /** Nobody dies that way any more. */
  clear(): void {
    this.#beds = []
    for (const { disk } of this.#cluster.members) disk.onStep = undefined
  }

  #follow(name: string): void {
    const member = this.#cluster.member(name)
    member.disk.onStep = step => this.#step(member, step)
  }

  #step(member: SimulatedMember, { operation, path }: DiskStep): void {
    const fits = (bed: Deathbed): boolean =>
      bed.member === member.name && bed.operation === operation && isOfPart(bed.part, path)
    const bed = this.#beds.find(fits)
    if (bed === undefined || member.state !== 'running') return
    this.#beds.splice(this.#beds.indexOf(bed), 1)
    const { world } = this.#cluster
    const place = world.node(member.name)
    world.note(`${member.name} is made to die ${bed.when} "${operation}" ${path}`)
    // Behind what this call-back does, and before anything that it asks for: an answer is not sent any more.
    world.clock.soon(() => {
      if (world.node(member.name) === place) member[bed.how]()
      this.#died(member.name)
    })
    if (bed.when === 'before') throw new SuddenDeath(bed.how)
  }
}
