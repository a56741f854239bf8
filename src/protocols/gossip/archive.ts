/**
 * What this member knows: of every source which rumours it has heard, and the newest of all rumours themselves, for
 * those who have missed them.
 */
import { assert } from '../../core/assert.ts'
import type { NodeId } from '../../core/ids.ts'
import { Ledger } from './ledger.ts'
import { KEPT_BYTES_MAX, KEPT_MAX, SOURCES_MAX } from './limits.ts'
import { compareSources, type Rumour, type RumourId, type Source } from './rumour.ts'

export class Archive {
  /** In the order of the sources. */
  readonly #ledgers: Ledger[] = []
  /** The same, by origin and epoch; who was heard of last stands last. */
  readonly #bySource = new Map<NodeId, Map<number, Ledger>>()
  /** Oldest first. */
  readonly #kept = new Set<Rumour>()
  #keptBytes = 0

  get sources(): number {
    return this.#ledgers.length
  }

  get kept(): number {
    return this.#kept.size
  }

  knows(id: RumourId): boolean {
    return this.#find(id)?.knows(id.number) ?? false
  }

  /** A rumour that was not known. Gives how many earlier ones of its source are given up: mostly none. */
  add(rumour: Rumour): number {
    const ledger = this.#ledgerOf(rumour)
    const givenUp = ledger.add(rumour.number)
    ledger.kept.set(rumour.number, rumour)
    this.#kept.add(rumour)
    this.#keptBytes += rumour.payload.length
    while (this.#kept.size > KEPT_MAX || this.#keptBytes > KEPT_BYTES_MAX) this.#forgetOldest()
    return givenUp
  }

  /** The sources behind one and up to another, in their order. */
  *between(after: Source | undefined, upTo: Source | undefined): Generator<Ledger> {
    for (let at = after === undefined ? 0 : this.#after(after); at < this.#ledgers.length; at++) {
      const ledger = this.#ledgers[at]!
      if (upTo !== undefined && compareSources(ledger.source, upTo) > 0) return
      yield ledger
    }
  }

  check(): void {
    assert(this.#ledgers.length <= SOURCES_MAX, 'no more sources are told apart than there is room for')
    assert(this.#kept.size <= KEPT_MAX && this.#keptBytes <= KEPT_BYTES_MAX, 'what is kept is bounded')
    let kept = 0
    for (const [i, ledger] of this.#ledgers.entries()) {
      ledger.check()
      kept += ledger.kept.size
      const before = this.#ledgers[i - 1]
      assert(!before || compareSources(before.source, ledger.source) < 0, 'sources are in order, each once')
      assert(this.#find(ledger.source) === ledger, 'a source is found by its name')
    }
    assert(kept === this.#kept.size, 'what is kept is kept once')
  }

  #find({ origin, epoch }: Source): Ledger | undefined {
    return this.#bySource.get(origin)?.get(epoch)
  }

  #ledgerOf({ origin, epoch }: Source): Ledger {
    const epochs = this.#bySource.get(origin) ?? new Map<number, Ledger>()
    // Who is heard of goes to the end of the line of those who are forgotten.
    this.#bySource.delete(origin)
    this.#bySource.set(origin, epochs)
    const known = epochs.get(epoch)
    if (known !== undefined) return known
    if (this.#ledgers.length >= SOURCES_MAX) this.#forgetSilent(origin)
    const ledger = new Ledger({ origin, epoch })
    epochs.set(epoch, ledger)
    this.#ledgers.splice(this.#after(ledger.source), 0, ledger)
    return ledger
  }

  /** Of who has been silent for longest, the first life. */
  #forgetSilent(spared: NodeId): void {
    for (const [origin, epochs] of this.#bySource) {
      const first = epochs.values().next().value
      if (first === undefined || (origin === spared && this.#bySource.size > 1)) continue
      epochs.delete(first.source.epoch)
      if (epochs.size === 0 && origin !== spared) this.#bySource.delete(origin)
      this.#ledgers.splice(this.#after(first.source) - 1, 1)
      for (const rumour of first.kept.values()) this.#drop(rumour)
      return
    }
  }

  #forgetOldest(): void {
    for (const rumour of this.#kept) {
      this.#find(rumour)!.kept.delete(rumour.number)
      return this.#drop(rumour)
    }
  }

  #drop(rumour: Rumour): void {
    this.#kept.delete(rumour)
    this.#keptBytes -= rumour.payload.length
  }

  /** The place of the first source behind one. */
  #after(source: Source): number {
    let low = 0
    let high = this.#ledgers.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareSources(this.#ledgers[middle]!.source, source) <= 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
