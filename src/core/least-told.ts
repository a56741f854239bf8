/**
 * A line of things that are told several times each: those that were told least often come first, and among those
 * whoever came first. So what is new gets through even when there is much of it (SWIM §4.1).
 */
import { assert } from './assert.ts'

export interface Tellable {
  readonly bytes: number
  /** How often it was told. */
  sends: number
}

export class LeastTold<Item extends Tellable> {
  /** By how often they were told, and there in the order in which they came. */
  readonly #bySends: Set<Item>[] = []

  add(item: Item): void {
    while (this.#bySends.length <= item.sends) this.#bySends.push(new Set())
    this.#bySends[item.sends]!.add(item)
  }

  remove(item: Item): void {
    this.#bySends[item.sends]!.delete(item)
  }

  /** It was told once more, and stands behind those that were told as often. */
  told(item: Item): void {
    this.remove(item)
    item.sends++
    this.add(item)
  }

  /**
   * Those in front for whom there is room. Nothing is told before what stands in front of it, however small it is.
   *
   * @param isPassedBy who need not be told now
   */
  front(roomBytes: number, isPassedBy: (item: Item) => boolean = () => false): Item[] {
    const front: Item[] = []
    let leftBytes = roomBytes
    for (const queue of this.#bySends) {
      for (const item of queue) {
        if (isPassedBy(item)) continue
        if (item.bytes > leftBytes) return front
        leftBytes -= item.bytes
        front.push(item)
      }
    }
    return front
  }

  /** The first of those that were told most often. */
  mostTold(): Item | undefined {
    for (const queue of this.#bySends.toReversed()) for (const item of queue) return item
    return undefined
  }

  /** Asserts that each stands where it belongs, and calls with each. Gives how many there are. */
  check(each: (item: Item) => void): number {
    let count = 0
    for (const [sends, queue] of this.#bySends.entries()) {
      count += queue.size
      for (const item of queue) {
        assert(item.sends === sends, 'each stands with those that were told as often')
        each(item)
      }
    }
    return count
  }
}
