/**
 * A cluster on trial, whatever its members are: everything that goes wrong with it, and in the end what that comes to.
 * What happens to it is decided elsewhere: by a plan (`run.ts`), or by a scenario; and what is asked of it, too.
 */
import { assert } from '../../core/assert.ts'
import type { Entry } from '../../core/entry.ts'
import type { NodeId } from '../../core/ids.ts'
import { type BugName, openSeams } from '../../core/seams.ts'
import type { DiskRun, MemberDisk } from '../checkers/good-copies.ts'
import { judgeStall, type StallVerdict } from '../checkers/liveness.ts'
import { checkReplicas } from '../checkers/replicas.ts'
import type { MemberNode } from '../cluster/member.ts'
import type { MemberCluster, MemberClusterOptions } from '../cluster/member-cluster.ts'
import { Atlas, type VoterSets } from '../faults/atlas.ts'
import { FaultCounts } from '../faults/fault-counts.ts'
import type { Halt } from '../faults/halts.ts'
import type { Operator } from '../faults/operator.ts'
import { ConfigurationBook } from './configuration-book.ts'
import { countSituation } from './count-requests.ts'
import { GaugeBook } from './gauge-book.ts'
import { EVENTS_MAX, EVENTS_PER_GAUGES, EVENTS_PER_LOOK, SCRUB_INTERVAL_MS } from './limits.ts'
import { describeError, Problems } from './problems.ts'
import { ReplicaRecorder } from './replica-recorder.ts'
import type { RunResult } from './run-result.ts'
import { RunSeams } from './run-seams.ts'
import { traceLogger } from './trace-logger.ts'
import { votersOfProtocol } from './voters-of.ts'

export interface TrialOptions {
  /** Called with every event, and with what members log, as a line. */
  readonly trace?: (line: string) => void
  /** Asked now and then; true: the trial is broken off, for want of time or memory. */
  readonly isExhausted?: () => boolean
}

/** What it is of. */
export interface TrialOf {
  readonly cluster: MemberClusterOptions
  /** Whose disks may lose or change what was promised. */
  readonly fragile: readonly string[]
  /** A bug of the museum that is put back. */
  readonly bug?: BugName
}

/** Of whoever had another one before. */
const EMPTY_DISK: MemberDisk = { promises: 'lost', state: { index: 0, damaged: [] }, log: [] }

/** Thrown through whoever waits for the cluster. */
class Exhausted extends Error {}

export class ClusterTrial<Cluster extends MemberCluster = MemberCluster> {
  readonly cluster: Cluster
  readonly atlas: Atlas
  readonly counts = new FaultCounts()
  readonly problems = new Problems()
  readonly #bug: BugName | undefined
  readonly #isExhausted: () => boolean
  readonly #configurations: ConfigurationBook
  readonly #replicas: ReplicaRecorder
  /** Who changes the members, if anybody does. */
  operator: Operator | undefined
  readonly #gauges = new GaugeBook()
  #seams: RunSeams | undefined
  #isSettled = false
  #answers = 0
  #looks = 0

  constructor(
    makeCluster: (options: MemberClusterOptions) => Cluster,
    { cluster, fragile, bug }: TrialOf,
    { trace, isExhausted = () => false }: TrialOptions,
  ) {
    this.#bug = bug
    const { consensus = 'raft' } = cluster.config ?? {}
    this.#configurations = new ConfigurationBook(votersOfProtocol(consensus))
    const ballots = consensus === 'paxos' ? 'several' : 'one'
    this.#replicas = new ReplicaRecorder(
      ballots,
      (entry, result) => this.appliedFirst(entry, result),
      this.#configurations,
    )
    this.#isExhausted = isExhausted
    const write = (line: string): void => trace?.(`${this.cluster.now()} ${line}`)
    this.cluster = makeCluster({
      ...cluster,
      tuning: { ...cluster.tuning, scrubIntervalMs: SCRUB_INTERVAL_MS },
      ...(trace && { trace, log: name => traceLogger(name, write) }),
    })
    const hasBegun = (name: string): boolean => {
      if (!this.cluster.has(name)) return false
      const { log, state } = this.#replicas.diskOf(name)
      // Who doubts everything may have learned from others what it holds.
      const { doubt } = this.cluster.member(name)
      return (log.length > 0 || state.index > 0) && doubt !== 'new' && doubt !== 'lost'
    }
    const isBehind = (name: string): boolean =>
      this.cluster.has(name) && this.cluster.member(name).mayHaveHeld > 0
    this.atlas = new Atlas(this.cluster.names, fragile, hasBegun, () => this.#voterSets(), isBehind)
  }

  /** Requests that were answered so far. */
  get answers(): number {
    return this.#answers
  }

  /** Who votes, or may by now, by name. */
  get voters(): readonly string[] {
    return [...new Set(this.#voterSets().flat())]
  }

  /** Whether those who can serve alone are enough, with those who are on their way to a vote. */
  get hasQuorum(): boolean {
    return this.atlas.isQuorum(this.atlas.able, this.operator?.newcomers)
  }

  /** Whether it has a vote, whatever it may get by what was asked for. */
  votes(name: string): boolean {
    const { voterSets } = this.#configurations
    const id = this.cluster.ids.get(name)
    return voterSets.length === 0 || voterSets.some(voters => voters.some(each => each === id))
  }

  /** Whether this member is known to have left. */
  readonly hasRemoved = (name: string): boolean => this.operator?.hasRemoved(name) === true

  #voterSets(): VoterSets {
    const { names } = this.cluster
    const known = this.#configurations.voterSets.map(voters => voters.map(id => this.#nameOf(id)))
    const sets = known.length === 0 ? [names] : known
    return this.operator?.votersAfter(sets) ?? sets
  }

  /** Of the newest leadership that was good for anything. */
  get ballot(): number {
    return this.#replicas.ballot
  }

  /** The first replica has applied an entry. */
  protected appliedFirst(_entry: Entry, _result: unknown): void {}

  /** One more was. */
  answered(): void {
    this.#answers++
  }

  /** Something threw that must not, or all that matters is known: then nothing is worth waiting for. */
  get isSettled(): boolean {
    return this.#isSettled || this.problems.has('crash')
  }

  /** The code no longer does to those who are healed what only faults do. */
  spareTheHealed(): void {
    this.#seams?.spareTheHealed()
  }

  /** The code is no longer sent its rare way by chance. */
  takeNoRareWays(): void {
    this.#seams?.takeNoRareWays()
  }

  /** All that matters is known. */
  settle(): void {
    this.#isSettled = true
  }

  /**
   * Carries it out, between the opening of the seams and their closing. What it throws is a problem of the run.
   *
   * @param takesRareWays whether the code may be sent its rare way by chance
   */
  async perform(play: () => Promise<void>, takesRareWays = true): Promise<void> {
    const seams = new RunSeams(
      this.cluster.world.random.fork(),
      this.#bug,
      probe => countSituation(probe, this.counts),
      () => this.counts.add('B1'),
      replica => {
        const name = this.#nameOf(replica)
        return this.#replicas.witness(name, this.atlas.conditionOf(name))
      },
    )
    if (!takesRareWays) seams.takeNoRareWays()
    this.#seams = seams
    const close = openSeams(seams)
    try {
      await play()
    } catch (error) {
      if (error instanceof Exhausted) this.problems.add('exhausted', error.message)
      else this.problems.crashed(error)
    } finally {
      close()
    }
  }

  /** Runs until the condition holds, or the trial is settled; false if neither comes about in `limitMs`. */
  until(condition: () => boolean, limitMs: number): Promise<boolean> {
    const watched = (): boolean => {
      this.#looks++
      if (this.#looks % EVENTS_PER_LOOK === 0) this.#lookAtResources()
      if (this.#looks % EVENTS_PER_GAUGES === 0) this.#lookAtGauges()
      return this.isSettled || condition()
    }
    return this.cluster.until(watched, limitMs)
  }

  /**
   * Nobody asks for anything, and nothing keeps these nodes from ending what they have begun. True once everything that
   * they count as waiting was seen to have come to its end.
   */
  lookAtRest(nodes: readonly MemberNode[]): boolean {
    for (const { name, node } of this.cluster.members) {
      if (node?.gauges === undefined || !nodes.includes(node)) continue
      this.#gauges.addAtRest(this.cluster.now(), name, node.gauges())
    }
    return this.#gauges.hasEmptied
  }

  /**
   * Whether these members, healed, could have gone on. Their disks hold all that they made durable. But whoever finds
   * its last batch torn cannot know that it never acknowledged it, and must not vote before enough others have told it
   * what they hold (`protocols/raft/inquiries.ts`); nor, after that, for anybody who lacks what one of them held. And
   * whoever has lost its disk, and has begun nothing there since, knows nothing of what it told before.
   */
  judgeStall(core: readonly string[]): StallVerdict {
    const { ids } = this.cluster
    const diskOf = (name: string): MemberDisk => {
      // Of anything more than its last batch, nobody whose disk is sound is ever in doubt.
      const { doubt, mayHaveHeld, disk: machine } = this.cluster.member(name)
      if (this.atlas.hasLostDisk(name) && machine.image().size === 0) return EMPTY_DISK
      const disk = this.#replicas.diskOf(name)
      const end = Math.max(disk.state.index, disk.log.at(-1)?.to ?? 0)
      const isShort = mayHaveHeld > end
      const lacking: DiskRun = { from: end + 1, to: mayHaveHeld, ballot: 0, condition: 'damaged' }
      return {
        ...disk,
        promises: doubt === 'tail' ? 'lost' : 'kept',
        log: isShort ? [...disk.log, lacking] : disk.log,
      }
    }
    return judgeStall({
      voterSets: this.#voterSets().map(voters => voters.flatMap(name => ids.get(name) ?? [])),
      core: core.flatMap(name => ids.get(name) ?? []),
      committed: this.#replicas.committed,
      disks: new Map(core.filter(name => ids.has(name)).map(name => [ids.get(name)!, diskOf(name)])),
    })
  }

  /**
   * Once all is over, and everything that was answered is judged.
   *
   * @param isUndecided the judging was given up.
   */
  conclude(halts: readonly Halt[], operations: number, isUndecided: boolean): RunResult {
    const { problems, counts } = this
    const { world } = this.cluster
    for (const { member, reason, isExplained } of halts) {
      if (!isExplained) problems.add('crash', `${member} stopped itself: ${describeError(reason)}`)
    }
    for (const { name, sentence } of this.#gauges.violations) {
      problems.add('correctness', `bounds: ${name}: ${sentence}`)
    }
    for (const sentence of this.#replicas.forgotten)
      problems.add('correctness', `replicas: forgotten: ${sentence}`)
    for (const { name, sentence } of checkReplicas(this.#replicas.events)) {
      problems.add('correctness', `replicas: ${name}: ${sentence}`)
    }
    return {
      seed: world.seed,
      digest: world.digest(),
      verdict: problems.verdict,
      problems: problems.told,
      virtualMs: Math.floor(this.cluster.now() / 1000),
      events: world.clock.steps,
      operations,
      isUndecided,
      faults: counts,
      probes: this.#seams?.probes ?? new Map(),
    }
  }

  #nameOf(replica: NodeId): string {
    const found = [...this.cluster.ids].find(([, id]) => id === replica)
    const name = found?.[0] ?? this.operator?.nameless
    assert(name !== undefined, 'a replica is a member of the cluster')
    return name
  }

  #lookAtGauges(): void {
    for (const { name, node } of this.cluster.members) {
      if (node?.gauges !== undefined) this.#gauges.add(this.cluster.now(), name, node.gauges())
    }
  }

  #lookAtResources(): void {
    if (this.cluster.world.clock.steps > EVENTS_MAX) throw new Exhausted(`more than ${EVENTS_MAX} events`)
    if (this.#isExhausted()) throw new Exhausted('no time or no memory is left')
  }
}
