/**
 * Writes down what all replicas of a run tell of their logs and states, for the checker of replicas, and for the oracle
 * of stalls: what was committed, and who holds what of it.
 */
import { ByteWriter } from '../../core/bytes.ts'
import { crc32c } from '../../core/crc32c.ts'
import { type Entry, writeEntry } from '../../core/entry.ts'
import type { Ballot } from '../../core/ids.ts'
import type { Doubt, LogBase, LogUpdate, RecoveredLog } from '../../core/log-update.ts'
import type { ReplicaWitness, StateHash } from '../../core/replica-witness.ts'
import type { MemberDisk, Run } from '../checkers/good-copies.ts'
import type { ReplicaEvent } from '../checkers/replicas.ts'
import type { DiskCondition } from '../faults/atlas.ts'
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
   * @param disk on a sound one has to be what the process before made durable; what is not on a telling one has to be
   *   in doubt
   */
  witness(replica: string, disk: DiskCondition = 'silent'): ReplicaWitness {
    const incarnation = new Incarnation(this, replica, disk, this.#newest.get(replica))
    this.#newest.set(replica, incarnation)
    return incarnation
  }

  /** What replicas began without for no reason, or without a doubt; for people. */
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
  #doubt: Doubt = 'none'
  readonly #disk: DiskCondition
  /** The process before. */
  readonly #before: Incarnation | undefined

  constructor(
    recorder: ReplicaRecorder,
    replica: string,
    disk: DiskCondition,
    before: Incarnation | undefined,
  ) {
    this.#recorder = recorder
    this.#replica = replica
    this.#disk = disk
    this.#before = before
    this.number = (before?.number ?? 0) + 1
  }

  started(applied: LogBase, { entries, doubt }: RecoveredLog, hash: StateHash): void {
    const { index } = applied
    this.#recorder.based(applied)
    this.#recorder.held(entries)
    this.log = new HeldLog(entries)
    this.durableIndex = index
    this.#doubt = doubt
    const forgotten = this.#before && this.#forgottenSince(this.#before, applied)
    if (forgotten !== undefined) this.#recorder.forgot(`${this.#replica}#${this.number} ${forgotten}`)
    this.#recorder.add({ kind: 'started', ...this.#at(index), stateHash: hex(hash()) })
  }

  /** A node repairs what it lacks from its peers, and nobody would notice. */
  #forgottenSince(before: Incarnation, applied: LogBase): string | undefined {
    if (this.#disk === 'silent') return undefined
    const lost = before.log.firstLostBy(this.log, applied)
    const entry = lost && `entry ${lost.index} of ballot ${lost.ballot}`
    if (this.#disk === 'telling') {
      // What is gone was seen to be gone, and the others are asked for it before the member votes.
      if (lost === undefined || this.#doubt !== 'none') return undefined
      return `began without ${entry}, and without a doubt, though its disk shows that it is damaged`
    }
    if (lost !== undefined) return `began without ${entry}, which it had made durable on a sound disk`
    if (this.durableIndex < before.durableIndex) {
      const states = `the state at ${this.durableIndex}, and had made that at ${before.durableIndex} durable`
      return `began with ${states} on a sound disk`
    }
    if (this.#doubt === 'lost' && before.#doubt !== 'lost') return 'began its log anew, on a sound disk'
    return undefined
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
