/**
 * Compares what members hold. Now and then the leader hashes its history and puts the hash into the log; every member
 * that meets it there hashes its own at the same revision. One that finds another hash raises the CORRUPT alarm for
 * itself: from then on nothing is changed any more, until somebody has found out who is right and lifts it by hand.
 *
 * Replicas apply the same log, so they differ only if a machine, a program or a disk did what none should, and no
 * checksum saw it. A member that was compacted since has nothing to compare with, and waits for the next hash.
 */
import { addMs } from '../../core/time.ts'
import { AlarmKind } from '../../machines/kv/alarms.ts'
import { encodeCommand } from '../../machines/kv/command-codec.ts'
import type { HashOutcome } from '../../machines/kv/hash-kv.ts'
import { type HashReport, readHashReport } from '../../machines/kv/hash-report.ts'
import { readPoint } from '../../machines/kv/read-point.ts'
import type { KvCommand } from '../../machines/kv/types.ts'
import type { Timer } from '../../runtime/clock.ts'
import { HistoryHash } from './history-hash.ts'
import { ALARM_TIMEOUT_MS, HASH_LOOK_MS } from './limits.ts'
import type { Responder } from './responder.ts'
import type { Slices } from './slices.ts'

export interface CorruptCheckSetting {
  /** Between two hashes of the leader; 0: it takes none. */
  readonly intervalMs: number
  /** Whether the newest hash of before the start is compared with, too. */
  readonly isInitial: boolean
}

export const NO_CORRUPT_CHECK: CorruptCheckSetting = { intervalMs: 0, isInitial: false }

export class CorruptCheck {
  readonly #responder: Responder
  readonly #slices: Slices
  readonly #intervalMs: number
  readonly #reports: Timer
  readonly #looks: Timer
  /** The one that was compared with last, or need not be. */
  #seen: HashReport | undefined
  #isHashing = false
  #isStopped = false

  constructor(responder: Responder, slices: Slices, { intervalMs, isInitial }: CorruptCheckSetting) {
    const { clock, replica } = responder.options
    this.#responder = responder
    this.#slices = slices
    this.#intervalMs = intervalMs
    this.#reports = clock.timer(() => this.#report())
    this.#looks = clock.timer(() => this.#look())
    if (!isInitial) this.#seen = readHashReport(replica.view)
    if (intervalMs === 0 && !isInitial) return
    if (intervalMs > 0) this.#reports.set(addMs(clock.now(), intervalMs))
    this.#looks.set(addMs(clock.now(), HASH_LOOK_MS))
  }

  stop(): void {
    this.#isStopped = true
    this.#reports.clear()
    this.#looks.clear()
  }

  #report(): void {
    const { clock, replica } = this.#responder.options
    this.#reports.set(addMs(clock.now(), this.#intervalMs))
    if (replica.status().role !== 'leader' || !this.#responder.mayPropose('hashReport')) return
    this.#hash(0, outcome => {
      if (outcome.kind !== 'hash' || replica.status().role !== 'leader') return
      const { hash, hashRevision, compactRevision } = outcome.hash
      const report = { hash, hashRevision, compactRevision }
      // Its own need not be compared.
      this.#seen = report
      this.#propose({ kind: 'hashReport', hashReport: report })
    })
  }

  #look(): void {
    const { clock, replica } = this.#responder.options
    this.#looks.set(addMs(clock.now(), HASH_LOOK_MS))
    const report = readHashReport(replica.view)
    if (report === undefined || isSame(report, this.#seen) || this.#isHashing || this.#isAlarmed()) return
    this.#seen = report
    if (readPoint(replica.view).compacted !== report.compactRevision) return
    this.#hash(report.hashRevision, outcome => this.#compare(report, outcome))
  }

  #compare(report: HashReport, outcome: HashOutcome): void {
    if (outcome.kind !== 'hash' || outcome.hash.compactRevision !== report.compactRevision) return
    if (outcome.hash.hash === report.hash) return
    const member = this.#responder.options.memberId
    this.#propose({
      kind: 'alarm',
      alarm: { action: 'raise', member, kind: AlarmKind.corrupt, isByHand: false },
    })
    // Should the alarm get lost, or be lifted though nothing was mended, this member looks once more.
    this.#seen = undefined
  }

  #isAlarmed(): boolean {
    const { memberId } = this.#responder.options
    const alarms = this.#responder.alarms()
    return alarms.some(({ member, kind }) => member === memberId && kind === AlarmKind.corrupt)
  }

  /** One at a time; when there is too much to do already, the next time will do. */
  #hash(revision: number, done: (outcome: HashOutcome) => void): void {
    if (this.#isHashing) return
    const { replica, checksum } = this.#responder.options
    const ended = (outcome: HashOutcome): void => {
      this.#isHashing = false
      done(outcome)
    }
    const work = new HistoryHash(replica.pin(), revision, checksum, () => !this.#isStopped, ended)
    this.#isHashing = this.#slices.add(work)
    if (!this.#isHashing) work.abandon()
  }

  #propose(command: KvCommand): void {
    const { clock, replica } = this.#responder.options
    replica.proposeOwn(encodeCommand(command), addMs(clock.now(), ALARM_TIMEOUT_MS), () => {})
  }
}

function isSame(one: HashReport, other: HashReport | undefined): boolean {
  return (
    one.hash === other?.hash &&
    one.hashRevision === other.hashRevision &&
    one.compactRevision === other.compactRevision
  )
}
