/**
 * A random schedule over a few Raft nodes: a network that loses, repeats and reorders, links that are cut, disks
 * that write late, groups that apply late, crashes that lose what was not synced, and users who propose, read,
 * change members, hand over and checkpoint all the time. `Referee` watches; `heal` ends the trouble and
 * demands that everything comes to rest.
 */
import { assert } from '../../../core/assert.ts'
import type { Entry } from '../../../core/entry.ts'
import {
  type Index,
  NOBODY,
  type NodeId,
  type ProposalId,
  type ReadId,
  type Token,
} from '../../../core/ids.ts'
import type { LogBase } from '../../../core/log-update.ts'
import { type Random, randomFromSeed } from '../../../core/prng.ts'
import { type Instant, NEVER } from '../../../core/time.ts'
import type { Consensus } from '../../consensus.ts'
import { bootstrapConfiguration } from '../configuration.ts'
import type { RaftMessage } from '../message.ts'
import { createRaft } from '../raft.ts'
import { type Chances, drawChances } from './chances.ts'
import { type Effect, type Input, membership, NO_BASE, node, TestDisk, throughCodec } from './cluster.ts'
import {
  type Host,
  hasBacklog,
  hasWrites,
  isDown,
  isWeak,
  leads,
  mayLose,
  wouldBeTold,
} from './random-host.ts'
import { Referee } from './referee.ts'
import { TIGHT } from './tight-limits.ts'

const UNIVERSE = [1, 2, 3, 4, 5]

interface Flying {
  readonly from: number
  readonly to: number
  readonly message: RaftMessage
}

export class RandomWorld {
  readonly random: Random
  readonly chances: Chances
  readonly hosts: Host[] = []
  readonly referee = new Referee()
  readonly #flying: Flying[] = []
  readonly #cuts = new Set<number>()
  readonly #seed: number
  readonly #configuration: Uint8Array
  readonly #voters: readonly number[]
  now = 0
  steps = 0
  /** How often a disk was lost, whole or in part. */
  losses = 0
  #proposals = 0
  #reads = 0
  #calm = false

  constructor(seed: number) {
    this.#seed = seed
    this.random = randomFromSeed(seed)
    this.chances = drawChances(this.random)
    // What a single voter acknowledged has no other copy: it must not be damaged. Nor do two outlive the loss of one.
    const sizes = this.chances.loses ? 3 : this.chances.damages ? 4 : 5
    this.#voters = [[1, 2, 3], [1, 2, 3], [1, 2, 3, 4, 5], [1, 2], [1]][this.random.below(sizes)]!
    this.#configuration = bootstrapConfiguration(membership(this.#voters))
    for (const id of UNIVERSE) this.hosts.push(this.#createHost(id))
    for (const host of this.hosts) this.#step(host)
  }

  /** So many steps of cores. */
  run(count: number): void {
    while (this.steps < count) this.#act()
  }

  /** Everybody is up and connected from now on; within reasonable time all must be settled. */
  heal(): void {
    this.#calm = true
    this.#cuts.clear()
    for (const host of this.hosts) if (!host.up) this.#start(host)
    const end = this.now + 60_000_000
    // Proposals whose place in the log is not taken yet cannot be answered.
    const wanted = this.referee.highest + 3
    while (this.now < end) {
      this.#settle()
      const leader = this.#leader()
      if (leader && this.referee.length < wanted) this.#propose(leader, 1)
      if (leader && this.referee.length >= wanted && this.#isAtRest(leader)) return
      this.#tick()
    }
    throw new Error(`seed ${this.#seed}: no rest after healing\n${this.referee.open()}`)
  }

  describe(): string {
    return this.hosts.map(host => `${host.up ? ' ' : 'x'} ${host.core.describe()}`).join('\n')
  }

  #createHost(id: number): Host {
    const configuration = this.#voters.includes(id) ? this.#configuration : new Uint8Array(0)
    const store = { ...NO_BASE, configuration }
    const disk = new TestDisk()
    if (this.chances.loses && this.#voters.includes(id)) disk.doubt = 'new'
    return {
      id,
      disk,
      core: this.#createCore(id, disk, store),
      up: true,
      version: 0,
      incarnation: 1,
      durable: 0 as Token,
      gated: [],
      backlog: [],
      store,
      durableStore: store,
      installing: undefined,
      loading: undefined,
      inputs: [],
      undo: undefined,
    }
  }

  #createCore(id: number, disk: TestDisk, applied: LogBase): Consensus<RaftMessage> {
    return createRaft(
      {
        id: node(id),
        random: this.random.fork(),
        recovered: disk.recovered(),
        applied,
        heartbeatIntervalMs: 100,
        electionTimeoutMs: 1000,
        catchUpEntries: 6,
      },
      TIGHT,
    )
  }

  #act(): void {
    const { random, chances } = this
    this.now += random.below(chances.paceUs)
    if (random.chance(1, 6))
      return this.#when(
        host => host.up && host.core.deadline() <= this.now,
        host => this.#give(host, { kind: 'deadline' }),
      )
    const host = this.hosts[random.below(this.hosts.length)]!
    let draw = random.below(1000)
    const hit = (weight: number) => (draw -= weight) < 0
    if (hit(chances.sync)) return this.#when(hasWrites, one => this.#sync(one))
    if (hit(80)) return this.#when(hasBacklog, one => this.#apply(one))
    if (hit(50)) return this.#propose(host, 1 + random.below(3))
    if (hit(40)) return this.#read(host)
    if (hit(chances.crash)) return this.#crash(this.#victim())
    if (hit(25)) return this.#when(isDown, one => this.#start(one))
    if (hit(chances.cut)) return this.#cut()
    if (!chances.loses && hit(chances.reconfigure)) return this.#reconfigure(host)
    if (hit(chances.checkpoint)) return this.#checkpoint(host)
    if (hit(15))
      return this.#when(
        one => one.installing !== undefined,
        one => this.#finishInstall(one),
      )
    if (hit(15))
      return this.#when(
        one => one.loading !== undefined,
        one => this.#finishLoad(one),
      )
    if (hit(3)) return this.#give(host, { kind: 'transferLeader', to: node(1 + random.below(5)) })
    if (hit(2)) return this.#give(host, { kind: 'linkLost', peer: node(1 + random.below(5)) })
    this.#deliver()
  }

  /** Crashes hurt most where something is being written, and where the leader is. */
  #victim(): Host {
    const host = this.hosts[this.random.below(this.hosts.length)]!
    const kind = this.random.below(3)
    if (kind === 0) return this.#any(hasWrites) ?? host
    return kind === 1 ? (this.#any(leads) ?? host) : host
  }

  #when(wants: (host: Host) => boolean, act: (host: Host) => void): void {
    const host = this.#any(wants)
    if (host) act(host)
    else this.#deliver()
  }

  /** One of those for whom there is something to do. */
  #any(wants: (host: Host) => boolean): Host | undefined {
    const start = this.random.below(this.hosts.length)
    for (let i = 0; i < this.hosts.length; i++) {
      const host = this.hosts[(start + i) % this.hosts.length]!
      if (wants(host)) return host
    }
    return undefined
  }

  #deliver(): void {
    const { random, chances } = this
    const flying = this.#flying
    if (flying.length === 0) return
    const at = random.chance(chances.reorderPercent, 100) ? random.below(flying.length) : 0
    const { from, to, message } = flying[at]!
    if (!random.chance(chances.repeatPercent, 100)) flying.splice(at, 1)
    if (this.#cuts.has(from * 10 + to) || random.chance(chances.lossPercent, 100)) return
    const host = this.hosts[to - 1]!
    const decoded = random.chance(1, 8) ? throughCodec(message) : message
    host.inputs.push({ kind: 'receive', from: node(from), message: decoded })
    if (random.chance(2, 3)) this.#step(host)
  }

  /** Time passes until somebody wants to be woken. */
  #tick(): void {
    let next: Host | undefined
    let soonest: number = NEVER
    for (const host of this.hosts) {
      const deadline = host.up ? host.core.deadline() : NEVER
      if (deadline >= soonest) continue
      soonest = deadline
      next = host
    }
    if (!next) return
    this.now = Math.max(this.now, soonest) + this.random.below(1000)
    next.inputs.push({ kind: 'deadline' })
    this.#step(next)
  }

  #sync(host: Host): void {
    if (!host.up) return
    if (this.chances.damages && host.disk.pending.length > 0) {
      const { promise, base, entries } = host.disk
      host.undo = { promise, base, entries: new Map(entries) } // no larger than the tail behind a checkpoint
    }
    const token = host.disk.syncOne()
    if (token === undefined) return
    host.durable = token
    const held: Host['gated'] = []
    for (const gated of host.gated) {
      if (gated.after <= token) this.#fly(host.id, gated.to, gated.message)
      else held.push(gated)
    }
    host.gated = held
    this.#give(host, { kind: 'persisted', token })
  }

  #apply(host: Host): void {
    if (!host.up || host.backlog.length === 0) return
    const count = 1 + this.random.below(host.backlog.length)
    for (const entry of host.backlog.splice(0, count)) {
      assert(entry.index === host.store.index + 1, 'entries are applied in order')
      const { index, ballot, time } = entry
      const configuration = entry.kind === 'configuration' ? entry.data : host.store.configuration
      host.store = { index, ballot, time, configuration }
    }
    this.#give(host, { kind: 'applied', index: host.store.index })
  }

  #propose(host: Host, count: number): void {
    if (!host.up || (host.core.status().leader === NOBODY && this.random.chance(9, 10))) return
    const proposals = Array.from({ length: count }, () => {
      const id = ++this.#proposals as ProposalId
      this.referee.proposed(host, id)
      return { id, command: new Uint8Array(this.random.below(60)) }
    })
    this.#give(host, { kind: 'propose', proposals })
  }

  #reconfigure(host: Host): void {
    if (!host.up) return
    const voters = UNIVERSE.filter(() => this.random.chance(3, 5))
    if (this.chances.damages && voters.length === 1) return
    const learners = UNIVERSE.filter(id => !voters.includes(id) && this.random.chance(1, 3))
    const id = ++this.#proposals as ProposalId
    this.referee.proposed(host, id)
    const target = membership(voters, learners)
    // Whoever made the change from an older configuration than the leader's is refused.
    const basis = this.random.chance(1, 2) ? host.version : undefined
    this.#give(host, { kind: 'reconfigure', id, membership: target, context: new Uint8Array(1), basis })
  }

  #read(host: Host): void {
    if (!host.up || (host.core.status().leader === NOBODY && this.random.chance(9, 10))) return
    const id = ++this.#reads as ReadId
    this.referee.asked(host, id)
    this.#give(host, { kind: 'read', id })
  }

  #checkpoint(host: Host): void {
    if (!host.up || host.installing) return
    host.durableStore = host.store
    this.#give(host, { kind: 'checkpointed', base: host.store })
  }

  #finishInstall(host: Host): void {
    const { installing } = host
    if (!host.up || !installing || host.backlog.length > 0) return
    const source = this.hosts[installing.from - 1]!
    const fits = source.up && source.store.index >= installing.index
    if (!fits || this.random.chance(1, 4)) {
      host.installing = undefined
      return this.#give(host, { kind: 'installFailed', index: installing.index })
    }
    host.store = source.store
    host.durableStore = source.store
    if (!this.#calm && this.random.chance(1, 5)) return this.#crash(host)
    host.installing = undefined
    this.#give(host, { kind: 'installed', base: source.store })
  }

  #finishLoad(host: Host): void {
    const { loading, disk } = host
    if (!host.up || !loading) return
    host.loading = undefined
    const entries: Entry[] = []
    for (let index = loading.from; index < loading.to && entries.length < 3; index++) {
      const entry = disk.entries.get(index as Index)
      if (!entry) break
      entries.push(entry)
    }
    this.#give(host, { kind: 'loaded', from: loading.from, entries })
  }

  /** A write under way may or may not reach the disk; the last one that did may be damaged. */
  #crash(host: Host): void {
    if (!host.up) return
    const { disk } = host
    if (this.random.chance(1, 2)) {
      const kept = this.random.below(disk.pending.length + 1)
      for (let i = 0; i < kept; i++) disk.syncOne()
      if (kept > 0) host.undo = undefined
    }
    disk.pending.length = 0
    host.up = false
    this.referee.crashed(host)
    if (this.chances.damages && host.undo && this.#mayDamage(host) && this.random.chance(1, 2)) {
      disk.promise = host.undo.promise
      disk.base = host.undo.base
      disk.entries = host.undo.entries
      disk.doubt = 'tail'
      // The log never forgets more than one batch, so a base that is ahead of the store's is not undone.
      if (disk.base && disk.base.index > host.durableStore.index) host.durableStore = host.store
    }
    host.undo = undefined
    if (this.chances.loses && !this.#calm && this.random.chance(1, 3)) this.#lose(host)
  }

  /** The log is damaged and begun anew; or the store with it; or the machine gets an empty disk. */
  #lose(host: Host): void {
    const voters = this.hosts.filter(({ id }) => this.#voters.includes(id))
    const kind = this.random.below(3)
    if (!mayLose(host, voters) || (kind === 2 && !wouldBeTold(host, voters))) return
    host.disk.lose(kind === 2 ? 'new' : 'lost')
    if (kind > 0) host.durableStore = { ...NO_BASE, configuration: this.#configuration }
    this.losses++
  }

  /** One good copy of everything must survive: nobody else is, or recovers from being, damaged. */
  #mayDamage(host: Host): boolean {
    return this.hosts.every(other => other === host || !isWeak(other))
  }

  #start(host: Host): void {
    if (host.up) return
    host.up = true
    host.incarnation++
    host.durable = 0 as Token
    host.gated = []
    host.backlog = []
    host.store = host.durableStore
    host.installing = undefined
    host.loading = undefined
    host.inputs = []
    host.undo = undefined
    host.core = this.#createCore(host.id, host.disk, host.store)
    this.#step(host)
  }

  #cut(): void {
    const { random } = this
    if (random.chance(1, 2)) return this.#cuts.clear()
    const a = 1 + random.below(5)
    for (const b of UNIVERSE) {
      if (b === a || random.chance(1, 3)) continue
      this.#cuts.add(a * 10 + b)
      if (random.chance(2, 3)) this.#cuts.add(b * 10 + a)
      if (random.chance(1, 2)) this.#give(this.hosts[b - 1]!, { kind: 'linkLost', peer: node(a) })
    }
  }

  #give(host: Host, input: Input): void {
    if (!host.up) return
    host.inputs.push(input)
    if (this.#calm || this.random.chance(3, 4)) this.#step(host)
  }

  #step(host: Host): void {
    if (!host.up) return
    const { inputs } = host
    host.inputs = []
    this.steps++
    const effects: Effect[] = []
    host.core.step(this.now as Instant, inputs, effects)
    host.core.check()
    for (const effect of effects) this.#carryOut(host, effect)
    this.referee.stepped(this.hosts, host, effects)
  }

  #carryOut(host: Host, effect: Effect): void {
    switch (effect.kind) {
      case 'persist':
        host.disk.pending.push(effect)
        return
      case 'send': {
        const { to, message, after } = effect
        if (after === undefined || after <= host.durable) this.#fly(host.id, Number(to), message)
        else host.gated.push({ after, to: Number(to), message })
        return
      }
      case 'committed':
        assert(host.installing === undefined, 'nothing is handed out during an installation')
        host.backlog.push(...effect.entries)
        assert(host.backlog.length <= TIGHT.applyEntriesMax, 'few entries are handed out ahead')
        return
      case 'membership':
        host.version = effect.configuration.version
        return
      case 'standing':
        assert(effect.standing.kind !== 'forgetful', 'no disk here is an older copy')
        return
      case 'load':
        assert(host.loading === undefined, 'one load at a time')
        host.loading = effect
        return
      case 'installSnapshot':
        assert(host.installing === undefined, 'one installation at a time')
        host.installing = { from: Number(effect.from), index: effect.index }
        return
      default:
        return
    }
  }

  #fly(from: number, to: number, message: RaftMessage): void {
    this.#flying.push({ from, to, message })
    if (this.#flying.length > 300) this.#flying.splice(this.random.below(300), 1)
  }

  /** Delivers, syncs and applies until there is nothing left to do but to wait. */
  #settle(): void {
    for (let busy = true, rounds = 0; busy && rounds < 200; rounds++) {
      busy = this.#flying.length > 0
      for (const { from, to, message } of this.#flying.splice(0)) {
        this.#give(this.hosts[to - 1]!, { kind: 'receive', from: node(from), message })
      }
      for (const host of this.hosts) {
        if (host.inputs.length > 0) this.#step(host)
        while (host.disk.pending.length > 0) this.#sync(host)
        if (host.backlog.length > 0) this.#apply(host)
        this.#finishInstall(host)
        this.#finishLoad(host)
        busy ||= host.backlog.length > 0 || host.installing !== undefined
      }
    }
  }

  #leader(): Host | undefined {
    const leaders = this.hosts.filter(host => host.core.status().role === 'leader')
    return leaders.toSorted((a, b) => b.core.status().ballot - a.core.status().ballot)[0]
  }

  #isAtRest(leader: Host): boolean {
    const { membership } = leader.core.status()
    const ids = new Set<NodeId>([...membership.voters, ...membership.learners])
    const done = this.hosts.every(host => !ids.has(node(host.id)) || host.store.index === this.referee.length)
    return done && this.referee.everythingAnswered(id => ids.has(node(id)))
  }
}
