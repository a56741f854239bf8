/** How often each class of faults had an effect: in one run or, added up, in a campaign. */
import { FAULT_CLASS_IDS, type FaultClassId, faultClassLabel } from './fault-classes.ts'

export class FaultCounts {
  readonly #times = new Map<FaultClassId, number>()

  /** It happened once more, or so many times. */
  add(id: FaultClassId, times = 1): void {
    if (times > 0) this.#times.set(id, this.of(id) + times)
  }

  addAll(other: FaultCounts): void {
    for (const id of FAULT_CLASS_IDS) this.add(id, other.of(id))
  }

  of(id: FaultClassId): number {
    return this.#times.get(id) ?? 0
  }

  /** Those that happened at all, in the order of the table. */
  get fired(): readonly FaultClassId[] {
    return FAULT_CLASS_IDS.filter(id => this.of(id) > 0)
  }

  /** One line for each class that happened. */
  lines(): string[] {
    return this.fired.map(id => `${faultClassLabel(id)}: ${this.of(id)}`)
  }
}
