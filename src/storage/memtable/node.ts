/**
 * A node of the tree. A leaf's records are the tree's. An inner node's records are separators: keys that divide
 * what its children hold, `separator[i - 1] <= keys of child i < separator[i]`. It also knows what the records below
 * each child weigh (`store/record.ts`), which makes counting a range logarithmic.
 */
import { compareBytes, sharedBytes } from '../../core/bytes.ts'
import { weightOf } from '../store/record.ts'
import { Page } from './page.ts'
import type { Probe } from './probe.ts'

export class TreeNode extends Page {
  /** The tree's epoch when the node was made: a pin taken at or after it may see the node. */
  readonly epoch: number
  readonly children: TreeNode[] | undefined
  /** The weights of all records below each child: where all are inserts, how many there are. */
  readonly counts: number[] | undefined
  /** Where the last new record of a leaf went: the next one right behind it makes a run. */
  lastInserted = -1

  constructor(
    epoch: number,
    children: TreeNode[] | undefined,
    counts: number[] | undefined,
    source: Page | number = 0,
  ) {
    super(source)
    this.epoch = epoch
    this.children = children
    this.counts = counts
  }

  /** The same content as a node that may be changed in `epoch`. */
  copy(epoch: number): TreeNode {
    return new TreeNode(epoch, this.children?.slice(), this.counts?.slice(), this)
  }

  /** Which child of an inner node holds the probe's key, if any does. */
  seekChild(probe: Probe): number {
    const position = this.seek(probe)
    return probe.found ? position + 1 : position
  }

  /** Whether there is nothing below this node; what is there may well weigh nothing. */
  isEmpty(): boolean {
    return this.children === undefined ? this.count === 0 : this.children.length === 0
  }

  /** The weights of all records below this node. */
  total(): number {
    if (this.counts === undefined) return this.weight
    let total = 0
    for (const count of this.counts) total += count
    return total
  }

  /** Takes away a child of an inner node and one separator beside it. */
  removeChild(at: number): void {
    this.children!.splice(at, 1)
    this.counts!.splice(at, 1)
    if (this.count > 0) this.removeAt(at > 0 ? at - 1 : 0)
  }
}

export function emptyLeaf(epoch: number): TreeNode {
  return new TreeNode(epoch, undefined, undefined)
}

/** A key as short as can be with `left` < key <= `right`. */
export function separatorBetween(left: Uint8Array, right: Uint8Array): Uint8Array {
  return right.slice(0, sharedBytes(left, right) + 1)
}

/** Whether keys ascend within the bounds, counts are right, and all leaves are equally deep; for tests. */
export function nodeFaults(node: TreeNode, from?: Uint8Array, to?: Uint8Array): string[] {
  const faults: string[] = []
  let previous = from
  for (let i = 0; i < node.count; i++) {
    const key = node.keyAt(i)
    if (previous !== undefined && compareBytes(previous, key) > (i === 0 ? 0 : -1)) faults.push('keys ascend')
    previous = key
  }
  if (previous !== undefined && to !== undefined && compareBytes(previous, to) >= 0)
    faults.push('upper bound')
  if (node.children === undefined) {
    if (node.weight !== weighed(node)) faults.push('a leaf knows what it weighs')
    return faults
  }
  if (node.children.length !== node.count + 1) faults.push('one child more than separators')
  if (new Set(node.children.map(depth)).size > 1) faults.push('leaves are equally deep')
  node.children.forEach((child, i) => {
    if (node.counts![i] !== child.total()) faults.push('counts are right')
    if (child.isEmpty()) faults.push('no child is empty')
    const low = i === 0 ? from : node.keyAt(i - 1)
    faults.push(...nodeFaults(child, low, i < node.count ? node.keyAt(i) : to))
  })
  return faults
}

function weighed(leaf: TreeNode): number {
  let weight = 0
  for (let i = 0; i < leaf.count; i++) weight += weightOf(leaf.kindAt(i))
  return weight
}

function depth(node: TreeNode): number {
  return node.children === undefined ? 1 : 1 + depth(node.children[0]!)
}
