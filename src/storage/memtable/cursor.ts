/**
 * Walks over the records of a range, in either direction at the same cost. Both ends are looked up at the start; a
 * step compares no keys and makes no objects: it says where the record stands.
 */
import { assert } from '../../core/assert.ts'
import { compareBytes, EMPTY } from '../../core/bytes.ts'
import type { Direction, KeyRange } from '../../runtime/store.ts'
import type { TreeNode } from './node.ts'
import { Probe } from './probe.ts'
import { leafFor } from './reading.ts'

/** What a cursor reads, and when it stopped being what it was. */
export interface CursorSource {
  readonly root: TreeNode
  /** Changes with every write, and with the release of a pin. */
  readonly version: number
}

export function openCursor(source: CursorSource, range: KeyRange, direction: Direction): TreeCursor {
  const { from, to } = range
  const isEmpty = to !== undefined && compareBytes(from, to) >= 0
  return direction === 'forward'
    ? new ForwardCursor(source, isEmpty, from, to)
    : new BackwardCursor(source, isEmpty, from, to)
}

export abstract class TreeCursor {
  readonly #source: CursorSource
  readonly #version: number
  /** The inner nodes above the leaf, and which child of each is on the way to it. */
  readonly #path: TreeNode[] = []
  readonly #turns: number[] = []
  /** The leaf that holds the current record. */
  leaf: TreeNode
  /** Of the current record in the leaf; before the first step and behind the last, beside the range. */
  position = -1
  #hasEnded: boolean

  constructor(source: CursorSource, isEmpty: boolean) {
    this.#source = source
    this.#version = source.version
    this.leaf = source.root
    this.#hasEnded = isEmpty
  }

  /** False behind the last record, and ever after. */
  next(): boolean {
    assert(this.#source.version === this.#version, 'a cursor ends with the next write to what it reads')
    this.#hasEnded ||= !this.step()
    return !this.#hasEnded
  }

  protected abstract step(): boolean

  /** Goes down to where `key` is or would be; without a key, to the end of everything. */
  protected descend(key: Uint8Array | undefined): number {
    const probe = new Probe(key ?? EMPTY)
    let node = this.leaf
    while (node.children !== undefined) {
      const turn = key === undefined ? node.count : node.seekChild(probe)
      this.#path.push(node)
      this.#turns.push(turn)
      node = node.children[turn]!
    }
    this.leaf = node
    return key === undefined ? node.count : node.seek(probe)
  }

  /** Moves to the leaf beside this one; false if there is none. */
  protected turn(by: 1 | -1): boolean {
    let level = this.#path.length - 1
    while (level >= 0) {
      const turn = this.#turns[level]! + by
      if (turn >= 0 && turn <= this.#path[level]!.count) break
      level--
    }
    if (level < 0) return false
    this.#turns[level]! += by
    for (; level < this.#path.length; level++) {
      const child = this.#path[level]!.children![this.#turns[level]!]!
      if (child.children === undefined) {
        this.leaf = child
      } else {
        this.#path[level + 1] = child
        this.#turns[level + 1] = by === 1 ? 0 : child.count
      }
    }
    return true
  }
}

/** The leaf where a key is or would be, and its place in it. */
function placeOf(root: TreeNode, key: Uint8Array): { leaf: TreeNode; position: number } {
  const probe = new Probe(key)
  const leaf = leafFor(root, probe)
  return { leaf, position: leaf.seek(probe) }
}

class ForwardCursor extends TreeCursor {
  readonly #endLeaf: TreeNode | undefined
  readonly #endPosition: number

  constructor(source: CursorSource, isEmpty: boolean, from: Uint8Array, to: Uint8Array | undefined) {
    super(source, isEmpty)
    const end = to === undefined || isEmpty ? undefined : placeOf(source.root, to)
    this.#endLeaf = end?.leaf
    this.#endPosition = end?.position ?? 0
    if (!isEmpty) this.position = this.descend(from) - 1
  }

  protected step(): boolean {
    this.position++
    if (this.leaf === this.#endLeaf) return this.position < this.#endPosition
    if (this.position < this.leaf.count) return true
    if (!this.turn(1)) return false
    this.position = 0
    return this.leaf !== this.#endLeaf || this.#endPosition > 0
  }
}

class BackwardCursor extends TreeCursor {
  readonly #startLeaf: TreeNode | undefined
  readonly #startPosition: number

  constructor(source: CursorSource, isEmpty: boolean, from: Uint8Array, to: Uint8Array | undefined) {
    super(source, isEmpty)
    const start = from.length === 0 || isEmpty ? undefined : placeOf(source.root, from)
    this.#startLeaf = start?.leaf
    this.#startPosition = start?.position ?? 0
    if (!isEmpty) this.position = this.descend(to)
  }

  protected step(): boolean {
    this.position--
    if (this.leaf === this.#startLeaf) return this.position >= this.#startPosition
    if (this.position >= 0) return true
    if (!this.turn(-1)) return false
    this.position = this.leaf.count - 1
    return this.leaf !== this.#startLeaf || this.position >= this.#startPosition
  }
}
