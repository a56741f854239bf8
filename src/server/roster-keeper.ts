/**
 * Keeps a node and its group's roster together: dials whom the newest configuration names, forgets those who have left,
 * says of itself what the others should know, lets learners vote who were to and have caught up, and tells the node
 * when it is a member no longer.
 *
 * A configuration that is in force but not yet committed says whom to dial; only a committed one says who has left.
 * A member that joined replays the configurations that were there before its own: those say nothing any more.
 */
import type { NodeId } from '../core/ids.ts'
import { NOBODY } from '../core/ids.ts'
import { probe } from '../core/seams.ts'
import { addMs } from '../core/time.ts'
import type { GroupConfiguration } from '../protocols/consensus.ts'
import type { Peers } from '../replication/peers/index.ts'
import type { Replica } from '../replication/replica.ts'
import { isStarted, type Roster, type RosterMember, readRoster } from '../replication/roster/roster.ts'
import { promoteMember, publishMember, type RosterChange } from '../replication/roster/roster-change.ts'
import type { Clock, Timer } from '../runtime/clock.ts'
import type { Logger } from '../runtime/logger.ts'
import { DEPARTED_MS, ROSTER_RETRY_MS, ROSTER_TIMEOUT_MS } from './limits.ts'
import { addressOf } from './node-url.ts'

export interface RosterKeeperOptions {
  readonly id: NodeId
  /** What the others are told. */
  readonly about: Pick<RosterMember, 'name' | 'peerUrls' | 'clientUrls'>
  /** What the node began with; what its log holds from before that is passed over. */
  readonly first: GroupConfiguration
  /** Where members are that no roster has an address of, as the first versions made them. */
  readonly knownUrls: ReadonlyMap<NodeId, readonly string[]>
  readonly peers: Pick<Peers, 'set' | 'remove'>
  readonly clock: Clock
  readonly log: Logger
  /** This node is a member no longer, for good. Called once. */
  removed(): void
}

type Group = Pick<Replica<unknown>, 'reconfigure' | 'status'>

export class RosterKeeper {
  readonly #options: RosterKeeperOptions
  readonly #timer: Timer
  readonly #departures: Timer
  #group: Group | undefined
  /** Of the newest committed configuration that this node knows. */
  #settled: Roster
  /** Who left with it, and is still needed. */
  #leaving: readonly NodeId[]
  /** All who take part in the configuration in force. */
  #members: readonly NodeId[] = []
  /** Whom it has told the connections of. */
  readonly #peers = new Set<NodeId>()
  /** The configuration in force, committed or not. */
  newest: GroupConfiguration
  #isChanging = false
  #isRemoved = false

  constructor(options: RosterKeeperOptions) {
    const { clock } = options
    this.#options = options
    this.#settled = readRoster(options.first)
    this.#leaving = options.first.leaving ?? []
    this.newest = options.first
    this.#timer = clock.timer(() => {
      this.#isChanging = false
      this.look()
    })
    this.#departures = clock.timer(() => this.#forgetTheDeparted())
    this.#dial(this.#settled)
  }

  /** From now on the group is asked for what has to be changed. */
  serve(group: Group): void {
    this.#group = group
    this.look()
  }

  stop(): void {
    this.#timer.clear()
    this.#departures.clear()
  }

  /** The newest committed roster that this node knows: older than that of nobody whom it has heard. */
  get roster(): Roster {
    return this.#settled
  }

  /** The configuration in force is another one. */
  inForce(members: readonly NodeId[], configuration: GroupConfiguration): void {
    this.#members = members
    this.newest = configuration
    if (configuration.version < this.#settled.version) return
    this.#dial(readRoster(configuration))
    this.#expect(members)
  }

  /** A configuration was committed and applied here; or nobody is leaving with it any more. */
  settled(configuration: GroupConfiguration): void {
    if (configuration.version < this.#settled.version) return
    this.#settled = readRoster(configuration)
    this.#leaving = configuration.leaving ?? []
    this.#dial(this.#settled)
    this.#departures.set(addMs(this.#options.clock.now(), DEPARTED_MS))
    this.look()
  }

  /** Whether it was a member once, and is needed no longer; one that is no peer any more is told so, and stops. */
  readonly wasRemoved = (id: NodeId): boolean =>
    this.#settled.removed.includes(id) && !this.#leaving.includes(id)

  #dial(roster: Roster): void {
    const { peers, id: self, knownUrls } = this.#options
    for (const { id, peerUrls } of roster.members) {
      const urls = peerUrls.length > 0 ? peerUrls : (knownUrls.get(id) ?? [])
      if (id === self || urls.length === 0) continue
      peers.set(id, urls.map(addressOf))
      this.#peers.add(id)
    }
  }

  /**
   * Who leaves with a configuration that has yet to be committed is needed for that, and stands in its roster no more.
   * A node that began again knows no address of it, but lets it in: whoever calls says where it is.
   */
  #expect(members: readonly NodeId[]): void {
    const { peers, id: self } = this.#options
    for (const id of members) {
      if (id === self || this.#peers.has(id)) continue
      peers.set(id, [])
      this.#peers.add(id)
    }
  }

  /** Some time after they left: the leader has to tell them first that they did. */
  #forgetTheDeparted(): void {
    const { peers, id: self } = this.#options
    for (const id of this.#settled.removed) {
      if (!this.wasRemoved(id) || this.#members.includes(id)) continue
      peers.remove(id)
      this.#peers.delete(id)
    }
    if (this.#isRemoved || !this.wasRemoved(self)) return
    this.#isRemoved = true
    this.#options.removed()
  }

  /** Looks what there is to change, unless a change is under way: then it looks when that has ended. */
  look(): void {
    if (this.#group === undefined || this.#isChanging || this.#isRemoved) return
    const { leader, role } = this.#group.status()
    const wish = this.#wish(role === 'leader')
    if (leader === NOBODY || wish.kind !== 'change') return
    const deadline = addMs(this.#options.clock.now(), ROSTER_TIMEOUT_MS)
    this.#isChanging = true
    this.#group.reconfigure(wish.change, wish.context, deadline, () => {
      // Whatever the answer was: what is still to be done, the roster says.
      this.#timer.set(addMs(this.#options.clock.now(), ROSTER_RETRY_MS))
    })
  }

  #wish(leads: boolean): RosterChange {
    const { id, about } = this.#options
    const publication = publishMember(this.#settled, id, about)
    if (publication.kind === 'change' || !leads) return publication
    const candidate = this.#settled.members.find(member => member.isToVote && isStarted(member))
    if (candidate === undefined) return publication
    probe('roster: a learner was to vote')
    return promoteMember(this.#settled, candidate.id)
  }
}
