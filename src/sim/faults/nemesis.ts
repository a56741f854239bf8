/**
 * Carries a schedule of faults out in a running cluster, at its instants, and counts what had an effect. Whoever
 * stopped itself, or died at a point of its work, is started again after a drawn time, unless its disk is hurt for
 * good. For the second phase of a run (`calm`) it heals a quorum, leaves everybody else as they are, and looks after
 * that quorum alone.
 *
 * Every fault leaves a line in the trace of the world. What a fault needs that is not there (a cut to heal, a process
 * to kill) makes it a fault without effect, so that a schedule from which some were dropped is still a schedule.
 */
import { QuorateError } from '../../core/errors.ts'
import { NODE_VERSION } from '../../core/node-version.ts'
import type { Random } from '../../core/prng.ts'
import { addMs, type Instant } from '../../core/time.ts'
import type { Timer } from '../../runtime/clock.ts'
import type { MemberCluster } from '../cluster/member-cluster.ts'
import type { Atlas } from './atlas.ts'
import { carryOut } from './carry-out.ts'
import { countEffects } from './count-effects.ts'
import { Deathbeds } from './deathbeds.ts'
import { describeFault } from './describe-fault.ts'
import { drawMagnitude, drawOrder } from './draws.ts'
import type { ScheduledFault } from './fault.ts'
import type { FaultCounts } from './fault-counts.ts'
import { type Halt, Halts } from './halts.ts'
import type { Operator } from './operator.ts'
import { DOWN_MS } from './ranges.ts'
import { startMember } from './start-member.ts'

/** How often the nemesis looks who has stopped. */
const WATCH_MS = 200

/** How long members of the core stay down in the second phase. */
const CORE_DOWN_MS = { low: 1, high: 500 }

export class Nemesis {
  readonly #cluster: MemberCluster
  readonly #counts: FaultCounts
  readonly #atlas: Atlas
  readonly #random: Random
  /** Times after which members are started: a stream for each, so that one fault less changes nothing for others. */
  readonly #downtimes: ReadonlyMap<string, Random>
  readonly #begin: Instant
  readonly #watch: Timer
  readonly #deathbeds: Deathbeds
  readonly #halts: Halts
  readonly #operator: Operator | undefined
  readonly #awaited = new Set<string>()
  #isFrozen = false
  #core: readonly string[] = []

  /** The run begins now: the schedule's instants count from here. Members are started by whoever runs the run. */
  constructor(
    cluster: MemberCluster,
    schedule: readonly ScheduledFault[],
    counts: FaultCounts,
    atlas: Atlas,
    operator?: Operator,
  ) {
    const { world, machines } = cluster
    this.#cluster = cluster
    this.#counts = counts
    this.#atlas = atlas
    this.#operator = operator
    this.#random = world.random.fork()
    this.#downtimes = new Map(machines.map(name => [name, this.#random.fork()]))
    this.#begin = world.clock.now()
    this.#deathbeds = new Deathbeds(cluster, name => {
      counts.add('P2')
      this.#startLater(name)
    })
    this.#halts = new Halts(cluster, atlas, operator)
    countEffects(cluster, counts, atlas, name => this.#halts.troubled(name))
    for (const scheduled of schedule) {
      world.clock.at(addMs(this.#begin, scheduled.atMs), () => this.#happen(scheduled))
    }
    this.#watch = world.clock.timer(() => {
      this.#look()
      this.#watchOn()
    })
    this.#watchOn()
  }

  /** Everyone who stopped itself so far. */
  get halts(): readonly Halt[] {
    this.#look()
    return this.#halts.all
  }

  /** Nothing goes wrong any more, and nothing that is wrong gets right. What chance does goes on. */
  freeze(): void {
    this.#isFrozen = true
    this.#deathbeds.clear()
    this.#operator?.freeze()
  }

  /**
   * Freezes, and heals a drawn quorum of members whose disks are sound: they run, reach each other and all clients that
   * there are, their disks have room and obey, chance spares them. So are those healed who are on their way to a vote.
   * The others stay as they are, and so do all clocks. Gives the names of the quorum.
   */
  calm(): readonly string[] {
    this.freeze()
    this.#look()
    const newcomers = this.#operator?.newcomers ?? []
    const core = this.#atlas.quorumOf(drawOrder(this.#random, this.#atlas.able), newcomers).toSorted()
    this.#core = [...new Set([...core, ...newcomers])]
    this.#cluster.world.note(`calm ${this.#core.join(' ')}`)
    this.#healPaths()
    for (const name of this.#core) {
      if (!this.#cluster.has(name)) continue
      const member = this.#cluster.member(name)
      member.disk.faults.heal()
      member.resume()
      member.start()
    }
    return core
  }

  #happen({ fault, faultClass }: ScheduledFault): void {
    if (this.#isFrozen) return
    this.#look()
    const isPermitted = this.#atlas.permits(fault)
    const hasEffect =
      isPermitted &&
      carryOut(fault, {
        cluster: this.#cluster,
        atlas: this.#atlas,
        deathbeds: this.#deathbeds,
        operator: this.#operator,
      })
    if (hasEffect && faultClass !== undefined) this.#counts.add(faultClass)
    const remark = hasEffect ? '' : isPermitted ? ' (no effect)' : ' (not permitted)'
    this.#cluster.world.note(`fault ${describeFault(fault)}${remark}`)
  }

  /** Who has stopped itself since the last time? Of the core also who ended in order: it was asked to before. */
  #look(): void {
    for (const { member, reason } of this.#halts.look()) {
      if (reason instanceof QuorateError && reason.code === 'QUORATE_DATA_DIR_DAMAGED')
        this.#atlas.refused(member)
      const machine = this.#cluster.member(member)
      // As its operator, who is told so.
      if (machine.isTooOld) machine.version = NODE_VERSION
      this.#startLater(member)
    }
    for (const name of this.#core) {
      if (this.#cluster.has(name) && !this.#cluster.member(name).isUp) this.#startLater(name)
    }
  }

  #watchOn(): void {
    this.#watch.set(addMs(this.#cluster.now(), WATCH_MS))
  }

  #startLater(name: string): void {
    if (this.#awaited.has(name) || !this.#looksAfter(name)) return
    this.#awaited.add(name)
    const range = this.#isFrozen ? CORE_DOWN_MS : DOWN_MS
    const downMs = drawMagnitude(this.#downtimes.get(name)!, range)
    this.#cluster.world.clock.at(addMs(this.#cluster.now(), downMs), () => {
      this.#awaited.delete(name)
      const member = this.#cluster.member(name)
      if (!this.#looksAfter(name) || member.isUp || !this.#atlas.mayStart(name)) return
      this.#cluster.world.note(`revive ${name}`)
      startMember(member, this.#atlas)
    })
  }

  #looksAfter(name: string): boolean {
    if (this.#operator?.hasRemoved(name) === true) return false
    return !this.#isFrozen || this.#core.includes(name)
  }

  /** All paths within the core, and between the core and clients. */
  #healPaths(): void {
    const { links } = this.#cluster.world.network
    const clients = links.hosts.filter(host => !this.#cluster.machines.includes(host))
    const healed = [...this.#core, ...clients]
    for (const from of healed) {
      for (const to of healed) {
        const link = links.link(from, to)
        link.heal()
        link.isSpared = true
      }
    }
  }
}
