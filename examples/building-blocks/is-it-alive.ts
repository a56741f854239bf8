/**
 * A watchman who learns how regularly each machine reports, and says when a silence has become too surprising: one
 * that keeps time is missed sooner than one that never did. And a watchman who was busy himself accuses nobody of
 * that time.
 */
import {
  AccrualDetector,
  type DetectorEffect,
  type DetectorInput,
  type Instant,
  type NodeId,
} from 'quorate/protocols/phi-accrual'

const OPTIONS = { heartbeatMs: 1000, threshold: 8, deviationMinMs: 100, stallMs: 200 }

export class Watchman {
  readonly #detector = new AccrualDetector(OPTIONS)
  /** Who is thought to be dead. */
  readonly suspects = new Set<NodeId>()
  #now = 0

  watch(machine: bigint): void {
    this.#tell({ kind: 'watch', peer: machine as NodeId })
  }

  hear(machine: bigint): void {
    this.#tell({ kind: 'heard', peer: machine as NodeId })
  }

  /** How surprising the silence of a machine is: 3 is one in a thousand. */
  surprise(machine: bigint): number {
    return this.#detector.phi(machine as NodeId, this.#now as Instant)
  }

  /** Time passes, and the watchman is woken whenever he wants to be. */
  pass(milliseconds: number): void {
    const end = this.#now + milliseconds * 1000
    for (let next = this.#detector.deadline(); next <= end; next = this.#detector.deadline()) {
      this.#now = next
      this.#tell({ kind: 'deadline' })
    }
    this.#now = end
  }

  /** Time passes, and nobody wakes him: a busy event loop. */
  sleep(milliseconds: number): void {
    this.#now += milliseconds * 1000
    this.#tell({ kind: 'deadline' })
  }

  #tell(input: DetectorInput): void {
    const effects: DetectorEffect[] = []
    this.#detector.step(this.#now as Instant, [input], effects)
    for (const { kind, peer } of effects) {
      if (kind === 'suspected') this.suspects.add(peer)
      else this.suspects.delete(peer)
    }
  }
}
