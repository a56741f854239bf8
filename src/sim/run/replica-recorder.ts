/**
 * Writes down what all replicas of a run tell of their logs and states, for the checker of replicas, and for the oracle
 * of stalls: what was committed, and who holds what of it.
 */
import { ByteWriter } from '../../core/bytes.ts'
import { crc32c } from '../../core/crc32c.ts'
import { type Entry, writeEntry } from '../../core/entry.ts'
import type { Ballot } from '../../core/ids.ts'
import type { LogBase, LogUpdate } from '../../core/log-update.ts'
import type { ReplicaWitness, StateHash } from '../../core/replica-witness.ts'
import type { MemberDisk, Run } from '../checkers/good-copies.ts'
import type { ReplicaEvent } from '../checkers/replicas.ts'
import type { ConfigurationBook } from './configuration-book.ts'
import { HeldLog, runsOf } from './held-log.ts'
import { ENTRIES_PER_STATE_HASH } from './limits.ts'

/** Whether all replicas commit an entry under one ballot, or each under one in which it was accepted (Paxos). */
export type EntryBallots = 'one' | 'several'

/** Called with every entry, in order, when the first replica applies it; with what came of it, if it is a command. */
export type AppliedFirst = (entry: Entry, result: unknown) => void

export class ReplicaRecorder {
  readonly #events: ReplicaEvent[] = []
  readonly #committed = new Map<number, number>()
  /** The newest incarnation of each replica. */
  readonly #newest = new Map<string, Incarnation>()
  readonly #writer = new ByteWriter(4096)
  readonly #ballots: EntryBallots
  readonly #applied: AppliedFirst | undefined
  readonly #configurations: ConfigurationBook | undefined
  readonly #forgotten: string[] = []
  #ballot = 0
  #appliedIndex = 0

  constructor(ballots: EntryBallots = 'one', applied?: AppliedFirst, configurations?: ConfigurationBook) {
    this.#ballots = ballots
    this.#configurations = configurations
    this.#applied = applied
  }

  /** In the order in which they happened. */
  get events(): readonly ReplicaEvent[] {
    return this.#events
  }

  /** The highest under which any replica said that something is committed. */
  get ballot(): number {
    return this.#ballot
  }

  /** What any replica ever said to be committed. */
  get committed(): readonly Run[] {
    return runsOf(this.#committed)
  }

  /**
   * Of a replica that begins now.
   *
   * @param isSound nothing has happened to its disk: what it made durable has to be there
   */
  witness(replica: string, isSound = false): ReplicaWitness {
    const before = this.#newest.get(replica)
    const incarnation = new Incarnation(
      this,
      replica,
      (before?.number ?? 0) + 1,
      isSound ? before : undefined,
    )
    this.#newest.set(replica, incarnation)
    return incarnation
  }

  /** What replicas began without, though they had made it durable on sound disks; for people. */
  get forgotten(): readonly string[] {
    return this.#forgotten
  }

  /** What its disk holds, if nothing has happened to it: a replica has told what it made durable, not what it lost. */
  diskOf(replica: string): MemberDisk {
    const { durableIndex = 0, log = new HeldLog([]) } = this.#newest.get(replica) ?? {}
    return {
      promises: 'kept',
      state: { index: durableIndex, damaged: [] },
      log: log.runs.map(run => ({ ...run, condition: 'good' })),
    }
  }

  forgot(sentence: string): void {
    this.#forgotten.push(sentence)
  }

  add(event: ReplicaEvent): void {
    this.#events.push(event)
  }

  /** It has these in its log by now. */
  held(entries: readonly Entry[]): void {
    for (const entry of entries) this.#configurations?.held(entry)
  }

  based(base: LogBase): void {
    this.#configurations?.based(base)
  }

  commit(entry: Entry): void {
    const { index, ballot } = entry
    this.#configurations?.committed(entry)
    if (!this.#committed.has(index)) this.#committed.set(index, ballot)
    if (ballot > this.#ballot) this.#ballot = ballot
  }

  /** Whoever applies an entry first tells of it: nobody applies one before those in front of it were applied. */
  apply(entries: readonly Entry[], results: readonly unknown[]): void {
    let next = 0
    for (const entry of entries) {
      const result = entry.kind === 'command' ? results[next++] : undefined
      if (entry.index <= this.#appliedIndex) continue
      this.#appliedIndex = entry.index
      this.#applied?.(entry, result)
    }
  }

  hashEntry(entry: Entry): string {
    writeEntry(this.#writer, this.#ballots === 'one' ? entry : { ...entry, ballot: 0 as Ballot })
    return hex(crc32c(this.#writer.finish()))
  }
}

class Incarnation implements ReplicaWitness {
  readonly number: number
  readonly #recorder: ReplicaRecorder
  readonly #replica: string
  log = new HeldLog([])
  /** Up to where the store holds everything, whatever becomes of the process. */
  durableIndex = 0
  /** The process before, if this one has to have all that it made durable. */
  readonly #before: Incarnation | undefined

  constructor(recorder: ReplicaRecorder, replica: string, number: number, before: Incarnation | undefined) {
    this.#before = before
    this.#recorder = recorder
    this.#replica = replica
    this.number = number
  }

  started(applied: LogBase, held: readonly Entry[], hash: StateHash): void {
    const { index } = applied
    this.#recorder.based(applied)
    this.#recorder.held(held)
    this.log = new HeldLog(held)
    this.durableIndex = index
    this.#compareWith(this.#before, applied)
    this.#recorder.add({ kind: 'started', ...this.#at(index), stateHash: hex(hash()) })
  }

  /** A node repairs what it lacks from its peers, and nobody would notice. */
  #compareWith(before: Incarnation | undefined, applied: LogBase): void {
    if (before === undefined) return
    const lost = before.log.firstLostBy(this.log, applied)
    const name = `${this.#replica}#${this.number}`
    if (lost !== undefined) {
      const entry = `entry ${lost.index} of ballot ${lost.ballot}`
      this.#recorder.forgot(`${name} began without ${entry}, which it had made durable on a sound disk`)
    } else if (this.durableIndex < before.durableIndex) {
      const states = `the state at ${this.durableIndex}, and had made that at ${before.durableIndex} durable`
      this.#recorder.forgot(`${name} began with ${states} on a sound disk`)
    }
  }

  persisted(update: LogUpdate): void {
    this.log.persisted(update)
    if (update.writes !== undefined) this.#recorder.held(update.writes)
    if (update.base !== undefined) this.durableIndex = Math.max(this.durableIndex, update.base.index)
  }

  committed(entries: readonly Entry[]): void {
    for (const entry of entries) {
      this.#recorder.commit(entry)
      const entryHash = this.#recorder.hashEntry(entry)
      this.#recorder.add({ kind: 'committed', ...this.#at(entry.index), entryHash })
    }
  }

  /** Hashed once more: the bytes may have changed since the core said that they are committed. */
  applied(entries: readonly Entry[], results: readonly unknown[], hash: StateHash): void {
    this.#recorder.apply(entries, results)
    for (const [i, entry] of entries.entries()) {
      const entryHash = this.#recorder.hashEntry(entry)
      const isLooked = i === entries.length - 1 && entry.index % ENTRIES_PER_STATE_HASH === 0
      const stateHash = isLooked ? { stateHash: hex(hash()) } : {}
      this.#recorder.add({ kind: 'applied', ...this.#at(entry.index), entryHash, ...stateHash })
    }
  }

  snapshotTaken({ index }: LogBase, hash: StateHash): void {
    this.#recorder.add({ kind: 'snapshotTaken', ...this.#at(index), imageHash: hex(hash()) })
  }

  snapshotInstalled(base: LogBase, hash: StateHash): void {
    const { index } = base
    this.#recorder.based(base)
    this.durableIndex = index
    // What was sent is what now stands there: the image and the state are one.
    const imageHash = hex(hash())
    this.#recorder.add({ kind: 'snapshotInstalled', ...this.#at(index), imageHash, stateHash: imageHash })
  }

  #at(index: number): Pick<ReplicaEvent, 'at' | 'replica' | 'incarnation' | 'index'> {
    return { at: this.#recorder.events.length, replica: this.#replica, incarnation: this.number, index }
  }
}

function hex(hash: number): string {
  return hash.toString(16).padStart(8, '0')
}
