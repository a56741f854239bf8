/** What goes wrong with bare cores, and what is asked of them meanwhile. */
import { EMPTY } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import type { Random } from '../../core/prng.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { drawBetween, drawMagnitude, drawOne } from '../faults/draws.ts'
import { nodeName, type ProtocolCluster } from '../protocol-cluster.ts'
import { CORE_CLOG_US, CORE_FALLS_MAX, CORE_PAUSE_MS, CORE_REPLAY_US, CORE_SUCCESSION_MS } from './limits.ts'

/** What happens in a round; some of them more often than others, which each run draws for itself. */
const DEEDS = [
  'propose',
  'proposeEverywhere',
  'read',
  'crash',
  'crashTogether',
  'start',
  'restart',
  'pause',
  'resume',
  'isolate',
  'split',
  'cutOneWay',
  'deafen',
  'clog',
  'healLinks',
  'messages',
  'reconfigure',
  'loseDisk',
  'handOver',
  'loseLink',
  'leadersFall',
] as const

/** What bugs of the museum need not be found with. */
const RARELY: ReadonlySet<Deed> = new Set(['loseDisk', 'handOver', 'loseLink'])

/** Where members change, they do all the time. */
const RECONFIGURES = 5

type Deed = (typeof DEEDS)[number]

export interface TormentOptions {
  /** Servers come and go, mostly one at a time. */
  readonly changesMembers?: boolean
  /** Of a minority at a time; leaders hand over, too, and connections break. */
  readonly losesDisks?: boolean
}

export class CoreTorment<Message> {
  readonly #cluster: ProtocolCluster<Message>
  readonly #random: Random
  readonly #paceMs: number
  /** Deeds, each as often as it is likely. */
  readonly #deeds: readonly Deed[]

  /** @param paceMs between two deeds, mostly */
  constructor(
    cluster: ProtocolCluster<Message>,
    random: Random,
    paceMs: number,
    { changesMembers = false, losesDisks = false }: TormentOptions,
  ) {
    this.#cluster = cluster
    this.#random = random
    this.#paceMs = paceMs
    const possible = DEEDS.filter(deed => {
      if (RARELY.has(deed)) return losesDisks
      return changesMembers || deed !== 'reconfigure'
    })
    this.#deeds = possible.flatMap(deed => {
      const times = drawOne(random, [0, 1, 1, 2, 4]) * (deed === 'reconfigure' ? RECONFIGURES : 1)
      return new Array<Deed>(times).fill(deed)
    })
  }

  /** Everybody wants something. */
  contend(): void {
    for (const id of this.#cluster.ids) this.#cluster.propose(id, utf8Bytes(`at once ${id}`))
  }

  perform(rounds: number): void {
    for (let round = 0; round < rounds; round++) {
      this.#do(this.#deeds.length === 0 ? 'propose' : drawOne(this.#random, this.#deeds), round)
      const isLong = this.#random.chance(1, 8)
      this.#cluster.runForMs(this.#random.below(isLong ? CORE_PAUSE_MS : this.#paceMs))
    }
  }

  #do(deed: Deed, round: number): void {
    const [cluster, random] = [this.#cluster, this.#random]
    const { links } = cluster.network
    const id = this.#someone()
    const node = cluster.node(id)
    switch (deed) {
      case 'propose':
        cluster.propose(id, utf8Bytes(`round ${round}`))
        return
      case 'proposeEverywhere':
        for (const each of cluster.ids) cluster.propose(each, utf8Bytes(`round ${round} of ${each}`))
        return
      case 'read':
        cluster.read(id)
        return
      case 'crash':
        return node.crash()
      case 'crashTogether':
        for (const each of cluster.ids) if (random.chance(1, 2)) cluster.crash(each)
        return
      case 'start':
        for (const each of cluster.ids) if (!cluster.node(each).isAlive) cluster.start(each)
        return
      case 'restart':
        node.crash()
        return node.start()
      case 'pause':
        return node.pause()
      case 'resume':
        for (const each of cluster.ids) cluster.node(each).resume()
        return
      case 'isolate':
        return links.isolate(nodeName(id))
      case 'split':
        return links.partition(this.#halves())
      case 'cutOneWay':
        return links.cutOneWay(nodeName(id), nodeName(this.#someone()))
      case 'deafen':
        for (const each of cluster.ids) if (each !== id) links.cutOneWay(nodeName(each), nodeName(id))
        return
      case 'clog':
        links.clog(nodeName(id), nodeName(this.#someone()), drawMagnitude(random, CORE_CLOG_US))
        return
      case 'healLinks':
        links.healAll()
        return
      case 'messages':
        cluster.network.faults = {
          lossPerMillion: random.below(300_000),
          duplicatePerMillion: random.below(300_000),
          replayPerMillion: random.below(100_000),
          replayDelayUs: drawBetween(random, CORE_REPLAY_US),
        }
        return
      case 'reconfigure':
        return this.#changeMembers(id)
      case 'loseDisk':
        cluster.loseDisk(id)
        return
      case 'handOver':
        if (node.isAlive) node.give({ kind: 'transferLeader', to: this.#someone() })
        return
      case 'loseLink':
        if (node.isAlive) node.give({ kind: 'linkLost', peer: this.#someone() })
        return
      case 'leadersFall':
        return this.#letLeadersFall()
    }
  }

  /** Through whoever is asked, and by its word who votes: one more or one fewer, or any others. */
  #changeMembers(through: NodeId): void {
    const cluster = this.#cluster
    if (!cluster.node(through).isAlive) return
    const { voters: current } = cluster.status(through).membership
    const changed = this.#random.chance(1, 4)
      ? cluster.ids.filter(() => this.#random.chance(1, 2))
      : [drawOne(this.#random, cluster.ids)].filter(id => !current.includes(id) || current.length > 1)
    const voters = cluster.ids.filter(id => current.includes(id) !== changed.includes(id))
    const learners = cluster.ids.filter(id => !voters.includes(id))
    if (voters.length > 0) cluster.reconfigure(through, { voters, learners }, EMPTY)
  }

  /**
   * One leader after another: whoever begins to lead falls soon, often with something that stands in its log alone,
   * and the one that fell before is back. The last one may go on.
   */
  #letLeadersFall(): void {
    const [cluster, random] = [this.#cluster, this.#random]
    this.#raiseAll()
    let fallen: NodeId | undefined
    let ballot = 0
    for (let falls = random.below(CORE_FALLS_MAX); ; falls--) {
      cluster.runUntilTrue(() => this.#newestLead().ballot > ballot, CORE_SUCCESSION_MS)
      const lead = this.#newestLead()
      if (lead.leader === undefined || lead.ballot <= ballot) return
      if (falls === 0) return cluster.runForMs(CORE_PAUSE_MS)
      if (random.chance(1, 4)) this.#restartWriters(lead.leader)
      this.#awaitTheMoment(lead.leader)
      // First: all of its paths are healed, also the one from whoever falls now.
      if (fallen !== undefined && fallen !== lead.leader) this.#raise(fallen)
      this.#fell(lead.leader)
      fallen = lead.leader
      ballot = lead.ballot
    }
  }

  #newestLead(): { readonly leader: NodeId | undefined; readonly ballot: number } {
    let newest = { leader: undefined as NodeId | undefined, ballot: 0 }
    for (const id of this.#cluster.alive) {
      const { role, ballot } = this.#cluster.status(id)
      if (role === 'leader' && ballot > newest.ballot) newest = { leader: id, ballot }
    }
    return newest
  }

  /** Half of the time at once; or a little later; or when it has just committed something. */
  #awaitTheMoment(leader: NodeId): void {
    const [cluster, random] = [this.#cluster, this.#random]
    const moment = random.below(4)
    if (moment === 2) cluster.runForMs(random.below(this.#paceMs))
    if (moment < 3) return
    const { commitIndex } = cluster.status(leader)
    cluster.runUntilTrue(() => cluster.status(leader).commitIndex > commitIndex, CORE_PAUSE_MS)
  }

  /** What they have said, and not written yet, they forget; as if it were nothing, they go on. */
  #restartWriters(leader: NodeId): void {
    for (const id of this.#cluster.alive) {
      const node = this.#cluster.node(id)
      if (id === leader || !node.log.isWriting) continue
      node.crash()
      node.start()
    }
  }

  /** It dies, or is alone, or is heard by nobody any more; and mostly does not know. */
  #fell(leader: NodeId): void {
    const { ids, network } = this.#cluster
    const way = this.#random.below(4)
    if (way === 0) return this.#cluster.crash(leader)
    if (way === 1) return network.links.isolate(nodeName(leader))
    for (const each of ids) if (each !== leader) network.links.cutOneWay(nodeName(leader), nodeName(each))
  }

  /** It goes on as if nothing had happened. */
  #raise(fallen: NodeId): void {
    const cluster = this.#cluster
    if (!cluster.node(fallen).isAlive) cluster.start(fallen)
    for (const each of cluster.ids) {
      if (each !== fallen) cluster.network.links.heal(nodeName(fallen), nodeName(each))
    }
    cluster.propose(fallen, utf8Bytes(`of ${nodeName(fallen)}, which is back`))
  }

  #raiseAll(): void {
    const cluster = this.#cluster
    cluster.network.links.healAll()
    for (const id of cluster.ids) {
      if (cluster.node(id).isAlive) cluster.node(id).resume()
      else cluster.start(id)
    }
  }

  #halves(): string[][] {
    const isLeft = this.#cluster.ids.map(() => this.#random.chance(1, 2))
    const half = (side: boolean): string[] =>
      this.#cluster.ids.filter((_, i) => isLeft[i] === side).map(nodeName)
    return [half(true), half(false)]
  }

  /** It hurts most where something is being written, and where somebody leads. */
  #someone(): NodeId {
    const { ids, alive } = this.#cluster
    const draw = this.#random.below(3)
    const busy = alive.filter(id => {
      const leads = draw === 0 && this.#cluster.status(id).role === 'leader'
      return leads || (draw === 1 && this.#cluster.node(id).log.isWriting)
    })
    return drawOne(this.#random, busy.length > 0 ? busy : ids)
  }
}
