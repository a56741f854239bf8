/**
 * The highest that every gauge of every member was ever seen to show, or what it showed that counts nothing; and all
 * that those showed that have to be empty while nobody asks.
 */
import type { Gauge } from '../../core/gauge.ts'
import type { Instant } from '../../core/time.ts'
import { type BoundViolation, checkBounds, checkEmptied, type GaugeSample } from '../checkers/bounds.ts'

export class GaugeBook {
  readonly #limits = new Map<string, number>()
  /** By member and gauge. */
  readonly #highest = new Map<string, Map<string, GaugeSample>>()
  /** By member and gauge, what it held least. */
  readonly #leastAtRest = new Map<string, GaugeSample>()

  add(at: Instant, node: string, gauges: readonly Gauge[]): void {
    let ofNode = this.#highest.get(node)
    if (ofNode === undefined) this.#highest.set(node, (ofNode = new Map()))
    for (const { name, value, max } of gauges) {
      this.#limits.set(name, max)
      const known = ofNode.get(name)
      const isOdd = !(value >= 0)
      const isNews = known === undefined || (known.value >= 0 && (isOdd || value > known.value))
      if (isNews) ofNode.set(name, { at, node, gauge: name, value })
    }
  }

  /** While nobody asks for anything, and the member can do whatever it still has to. */
  addAtRest(at: Instant, node: string, gauges: readonly Gauge[]): void {
    for (const { name, value, empties } of gauges) {
      if (empties !== true) continue
      const place = `${node} ${name}`
      const least = this.#leastAtRest.get(place)
      if (least === undefined || value < least.value)
        this.#leastAtRest.set(place, { at, node, gauge: name, value })
    }
  }

  /** Whether each of these was empty once. */
  get hasEmptied(): boolean {
    for (const { value } of this.#leastAtRest.values()) if (value > 0) return false
    return true
  }

  get violations(): BoundViolation[] {
    const beyond = checkBounds(
      this.#limits,
      [...this.#highest.values()].flatMap(ofNode => [...ofNode.values()]),
    )
    return [...beyond, ...checkEmptied([...this.#leastAtRest.values()])]
  }
}
