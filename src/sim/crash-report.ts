/** What a loss of power did to what was not synced, for whoever counts it. Decides nothing. */
import type { DiskFaultEvent } from './disk-faults.ts'

/** What became of what one write put into one sector. */
export interface SectorFate {
  /** Counted from the first write to the file. */
  readonly write: number
  readonly sector: number
  readonly hasArrived: boolean
}

export class CrashReport {
  readonly #events = new Set<DiskFaultEvent>()

  /** What happened, each once however often. */
  get events(): readonly DiskFaultEvent[] {
    return [...this.#events]
  }

  /** Of one file: the fates of everything that was not durable. */
  addFile(fates: readonly SectorFate[]): void {
    const lost = fates.filter(({ hasArrived }) => !hasArrived)
    const arrived = fates.filter(({ hasArrived }) => hasArrived)
    const [firstLost] = lost.toSorted(byOrder)
    if (firstLost === undefined) return
    this.#events.add('unsyncedLost')
    const lostWrites = new Set(lost.map(({ write }) => write))
    if (arrived.some(({ write }) => lostWrites.has(write))) this.#events.add('torn')
    if (arrived.some(fate => byOrder(firstLost, fate) < 0)) this.#events.add('reordered')
  }

  /** A creation, rename or removal did not last. */
  addUndoneName(): void {
    this.#events.add('nameUndone')
  }
}

/** In the order in which a process wrote them. */
function byOrder(a: SectorFate, b: SectorFate): number {
  return a.write - b.write || a.sector - b.sector
}
