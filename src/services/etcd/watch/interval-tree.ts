/**
 * Which intervals of keys a key lies in, in time that grows with the logarithm of how many there are: an AVL tree of
 * intervals by their beginnings, each node with the furthest end below it (Cormen et al., "Introduction to Algorithms",
 * interval trees). Items with the same interval share a node. Balanced by rule, not by chance: whoever chooses the
 * intervals cannot make it slow.
 */
import { compareBytes } from '../../../core/bytes.ts'

/** Holds every key with `from` <= key < `to`; `to` absent: to the end of all keys. */
export interface KeyInterval {
  readonly from: Uint8Array
  readonly to: Uint8Array | undefined
}

interface Node<Item> {
  interval: KeyInterval
  items: Set<Item>
  /** The furthest end of this node and of all below it; undefined: one has no end. */
  furthest: Uint8Array | undefined
  height: number
  left: Node<Item> | undefined
  right: Node<Item> | undefined
}

export class IntervalTree<Item> {
  #root: Node<Item> | undefined
  #size = 0

  /** Items, of all intervals together. */
  get size(): number {
    return this.#size
  }

  add(interval: KeyInterval, item: Item): void {
    const node = this.#find(interval)
    this.#size++
    if (node !== undefined) node.items.add(item)
    else this.#root = inserted(this.#root, interval, item)
  }

  /** Of an item that was added with this interval. */
  delete(interval: KeyInterval, item: Item): void {
    const node = this.#find(interval)
    if (node === undefined || !node.items.delete(item)) return
    this.#size--
    if (node.items.size === 0) this.#root = removed(this.#root, interval)
  }

  /** Calls `visit` for every item in whose interval the key lies. It may not add or delete. */
  stab(key: Uint8Array, visit: (item: Item) => void): void {
    stab(this.#root, key, visit)
  }

  #find(interval: KeyInterval): Node<Item> | undefined {
    let node = this.#root
    while (node !== undefined) {
      const order = compareIntervals(interval, node.interval)
      if (order === 0) return node
      node = order < 0 ? node.left : node.right
    }
    return undefined
  }
}

function stab<Item>(node: Node<Item> | undefined, key: Uint8Array, visit: (item: Item) => void): void {
  if (node === undefined || !endsBehind(node.furthest, key)) return
  stab(node.left, key, visit)
  if (compareBytes(node.interval.from, key) > 0) return
  if (endsBehind(node.interval.to, key)) for (const item of node.items) visit(item)
  stab(node.right, key, visit)
}

function endsBehind(to: Uint8Array | undefined, key: Uint8Array): boolean {
  return to === undefined || compareBytes(key, to) < 0
}

function inserted<Item>(node: Node<Item> | undefined, interval: KeyInterval, item: Item): Node<Item> {
  if (node === undefined) {
    const items = new Set([item])
    return { interval, items, furthest: interval.to, height: 1, left: undefined, right: undefined }
  }
  if (compareIntervals(interval, node.interval) < 0) node.left = inserted(node.left, interval, item)
  else node.right = inserted(node.right, interval, item)
  return balanced(node)
}

function removed<Item>(node: Node<Item> | undefined, interval: KeyInterval): Node<Item> | undefined {
  if (node === undefined) return undefined
  const order = compareIntervals(interval, node.interval)
  if (order < 0) node.left = removed(node.left, interval)
  else if (order > 0) node.right = removed(node.right, interval)
  else if (node.left === undefined) return node.right
  else if (node.right === undefined) return node.left
  else {
    const next = first(node.right)
    node.interval = next.interval
    node.items = next.items
    node.right = removed(node.right, next.interval)
  }
  return balanced(node)
}

function first<Item>(node: Node<Item>): Node<Item> {
  let at = node
  while (at.left !== undefined) at = at.left
  return at
}

/** The heights of two siblings differ by one at most. */
function balanced<Item>(node: Node<Item>): Node<Item> {
  const lean = heightOf(node.left) - heightOf(node.right)
  if (lean > 1) {
    const left = node.left!
    if (heightOf(left.left) < heightOf(left.right)) node.left = rotatedLeft(left)
    return rotatedRight(node)
  }
  if (lean < -1) {
    const right = node.right!
    if (heightOf(right.right) < heightOf(right.left)) node.right = rotatedRight(right)
    return rotatedLeft(node)
  }
  return summed(node)
}

function rotatedRight<Item>(node: Node<Item>): Node<Item> {
  const left = node.left!
  node.left = left.right
  left.right = summed(node)
  return summed(left)
}

function rotatedLeft<Item>(node: Node<Item>): Node<Item> {
  const right = node.right!
  node.right = right.left
  right.left = summed(node)
  return summed(right)
}

function summed<Item>(node: Node<Item>): Node<Item> {
  const { left, right } = node
  node.height = 1 + Math.max(heightOf(left), heightOf(right))
  node.furthest = node.interval.to
  if (left !== undefined) node.furthest = further(node.furthest, left.furthest)
  if (right !== undefined) node.furthest = further(node.furthest, right.furthest)
  return node
}

function further(a: Uint8Array | undefined, b: Uint8Array | undefined): Uint8Array | undefined {
  if (a === undefined || b === undefined) return undefined
  return compareBytes(a, b) < 0 ? b : a
}

function heightOf<Item>(node: Node<Item> | undefined): number {
  return node === undefined ? 0 : node.height
}

/** By their beginnings, and then by their ends. */
function compareIntervals(a: KeyInterval, b: KeyInterval): number {
  const order = compareBytes(a.from, b.from)
  if (order !== 0) return order
  if (a.to === undefined || b.to === undefined) return a.to === b.to ? 0 : a.to === undefined ? 1 : -1
  return compareBytes(a.to, b.to)
}
