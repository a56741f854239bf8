import { describe, expect, it } from 'vitest'
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { bytes, text } from '../store-pairs.conformance.ts'
import type { TreeNode } from './node.ts'
import { Probe } from './probe.ts'
import { leafFor, leavesBelow } from './reading.ts'
import { Tree } from './tree.ts'

const NONE = new Uint8Array(0)

function number(i: number): Uint8Array {
  return Uint8Array.of(0x6b, i >>> 24, i >>> 16, i >>> 8, i)
}

function filled(count: number): Tree {
  const tree = new Tree()
  for (let i = 0; i < count; i++) tree.put(number(i), NONE)
  return tree
}

function getFrom(tree: Tree, key: Uint8Array): Uint8Array | undefined {
  const probe = new Probe(key)
  const leaf = leafFor(tree.root, probe)
  const position = leaf.seek(probe)
  return probe.found ? leaf.valueAt(position) : undefined
}

function leaves(node: TreeNode): TreeNode[] {
  return [...leavesBelow(node)]
}

describe('a tree', () => {
  it('keeps its structure through any workload, with and without pins', () => {
    const workloads: ((random: Random, i: number) => { key: number; isDelete: boolean })[] = [
      (random, i) => ({ key: random.below(200_000), isDelete: i > 40_000 && random.chance(9, 10) }),
      (_, i) => ({ key: i % 30_000, isDelete: i >= 30_000 }),
      (_, i) => ({ key: 60_000 - i, isDelete: false }),
      (random, i) => ({ key: (i % 500) * 1000 + random.below(1000), isDelete: random.chance(1, 3) }),
    ]
    for (const [seed, workload] of workloads.entries()) {
      const random = randomFromSeed(seed)
      const tree = new Tree()
      const model = new Set<number>()
      const pins: { epoch: number; root: TreeNode; count: number }[] = []
      for (let i = 0; i < 60_000; i++) {
        const { key, isDelete } = workload(random, i)
        if (isDelete && tree.delete(number(key)) !== model.delete(key)) throw new Error(`delete ${key}`)
        if (!isDelete) {
          tree.put(number(key), number(key))
          model.add(key)
        }
        if (i % 997 === 0) {
          pins.push({ epoch: tree.pin(), root: tree.root, count: tree.count })
          if (pins.length > 3) {
            const [pin] = pins.splice(random.below(pins.length), 1)
            expect(pin!.root.total()).toBe(pin!.count)
            tree.release(pin!.epoch)
          }
        }
        if (i % 10_000 === 9999) expect(tree.faults()).toEqual([])
      }
      expect(tree.faults()).toEqual([])
      expect(tree.count).toBe(model.size)
      expect(tree.bytes).toBe(10 * model.size)
      for (let key = 0; key < 60_000; key += 7) {
        if ((getFrom(tree, number(key)) !== undefined) !== model.has(key)) throw new Error(`get ${key}`)
      }
    }
  })

  it('fills its leaves when keys come in order, in the middle of others too', () => {
    for (const tree of [new Tree(), filled(100)]) {
      tree.put(bytes('z'), NONE)
      for (let i = 0; i < 20_000; i++) tree.put(number(i + 100), NONE)
      const records = leaves(tree.root).map(leaf => leaf.count)
      expect(tree.count / records.length).toBeGreaterThan(60)
    }
  })

  it('puts what goes on with a run where it belongs, whatever is written and pinned meanwhile', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const random = randomFromSeed(seed)
      const tree = new Tree()
      const model = new Map<string, string>()
      const put = (key: string, value: string): void => {
        if (tree.put(bytes(key), bytes(value)) === model.has(key)) throw new Error(`put ${key}`)
        model.set(key, value)
      }
      const pins: { epoch: number; root: TreeNode; count: number }[] = []
      // Runs go on by turns, two in one keyspace, until they meet what another one put; others write between them.
      const runs = ['a1', 'a2', 'b', 'c5'].map(prefix => ({ prefix, next: 0 }))
      for (let i = 0; i < 12_000; i++) {
        const run = runs[random.below(runs.length)]!
        run.next += 1 + random.below(3)
        const key = `${run.prefix}${run.next.toString().padStart(6, '0')}`
        put(key, 'x'.repeat(random.below(random.chance(1, 200) ? 2000 : 30)))
        if (random.chance(1, 10)) put(`${run.prefix}${random.below(30_000).toString().padStart(6, '0')}`, '')
        if (random.chance(1, 100)) put(`${key}-`, 'the next key of the run is behind')
        if (seed > 3 && random.chance(1, 3) && tree.delete(bytes(key)) !== model.delete(key))
          throw new Error(key)
        if (!random.chance(1, 500)) continue
        pins.push({ epoch: tree.pin(), root: tree.root, count: tree.count })
        if (pins.length < 4) continue
        const { epoch, root, count } = pins.shift()!
        expect(root.total()).toBe(count)
        tree.release(epoch)
      }
      expect(tree.faults()).toEqual([])
      expect(tree.count).toBe(model.size)
      for (const [key, value] of model) {
        if (text(getFrom(tree, bytes(key)) ?? bytes('lost')) !== value) throw new Error(key)
      }
    }
  })

  it('makes room for a run once, and moves nothing while it goes on, though records become a little larger', () => {
    for (const valueBytes of [0, 20, 300, 900]) {
      const tree = new Tree()
      for (let i = 0; i < 1000; i++) tree.put(number(i), new Uint8Array(valueBytes))
      const last = leaves(tree.root).at(-1)!
      const room = last.bufferBytes
      for (let i = 1000; leaves(tree.root).at(-1) === last; i++)
        tree.put(number(i), new Uint8Array(valueBytes + 1))
      expect(last.bufferBytes).toBe(room)
      for (const leaf of leaves(tree.root).slice(0, -1)) {
        expect(leaf.spareBytes / leaf.bufferBytes).toBeLessThan(0.07)
      }
    }
  })

  it('gives back pages when most keys are gone', () => {
    const tree = filled(50_000)
    for (let i = 0; i < 50_000; i++) if (i % 25 !== 0) tree.delete(number(i))
    expect(tree.faults()).toEqual([])
    expect(leaves(tree.root).length).toBeLessThan(2000 / 10)
    for (let i = 0; i < 50_000; i += 25) tree.delete(number(i))
    expect(tree.root.children).toBeUndefined()
  })

  it('splits a leaf by bytes before it is expensive to copy', () => {
    const tree = new Tree()
    for (let i = 0; i < 500; i++) tree.put(number((i * 7) % 500), new Uint8Array(900))
    for (const leaf of leaves(tree.root)) expect(leaf.bufferBytes).toBeLessThan(32 * 1024)
  })

  it('does not grow when values are replaced again and again', () => {
    const tree = filled(5000)
    const used = (): number => leaves(tree.root).reduce((sum, leaf) => sum + leaf.bufferBytes, 0)
    for (let round = 0; round < 3; round++) for (let i = 0; i < 5000; i++) tree.put(number(i), number(i))
    const before = used()
    for (let round = 0; round < 20; round++) for (let i = 0; i < 5000; i++) tree.put(number(i), number(round))
    expect(used()).toBeLessThan(before * 1.3)
  })

  it('copies a node at most once per pin, and nothing without one', () => {
    const tree = filled(10_000)
    const before = new Set(leaves(tree.root))
    tree.release(tree.pin())
    for (let i = 0; i < 10_000; i++) tree.put(number(i), number(i))
    expect(leaves(tree.root).every(leaf => before.has(leaf))).toBe(true)
    const epoch = tree.pin()
    tree.put(number(5000), NONE)
    const once = leaves(tree.root)
    expect(once.filter(leaf => !before.has(leaf)).length).toBe(1)
    tree.put(number(5000), number(1))
    expect(leaves(tree.root)).toEqual(once)
    const later = tree.pin()
    tree.put(number(5000), NONE)
    expect(leaves(tree.root).filter(leaf => !once.includes(leaf)).length).toBe(1)
    tree.release(later)
    tree.release(epoch)
    expect(() => tree.release(epoch)).toThrow()
  })

  it('keeps a large value without the buffer that it came in, if that is much larger', () => {
    const tree = new Tree()
    const buffer = new Uint8Array(1024 * 1024)
    tree.put(bytes('part'), buffer.subarray(0, 2000))
    tree.put(bytes('most'), buffer.subarray(0, 600 * 1024))
    expect(getFrom(tree, bytes('part'))!.buffer.byteLength).toBe(2000)
    expect(getFrom(tree, bytes('most'))!.buffer).toBe(buffer.buffer)
  })

  it('tells keys apart that differ only in length or by zeros', () => {
    const keys = ['', '\0', '\0\0', '\0\0\0', 'a', 'a\0', 'a\0\0', 'a\0b', 'ab'].map(bytes)
    const tree = new Tree()
    for (let i = 0; i < 100; i++) for (const key of keys) tree.put(Uint8Array.of(i, ...key), key)
    for (let i = 0; i < 100; i++) {
      for (const key of keys) expect(text(getFrom(tree, Uint8Array.of(i, ...key))!)).toBe(text(key))
    }
    expect(tree.count).toBe(900)
    expect(tree.faults()).toEqual([])
  })

  it('tells keys apart that share long parts, in changing numbers', () => {
    const parts = ['aaaaaaaa', 'aaaaaaab', 'ab', 'b', '\0\0\0\0\0', '\xff\xff\xff\xff\xff\xff']
    for (let seed = 1; seed <= 4; seed++) {
      const random = randomFromSeed(seed)
      const tree = new Tree()
      const model = new Set<string>()
      for (let i = 0; i < 12_000; i++) {
        let key = 'aaaaaaaaaaaa'.slice(random.below(13))
        for (let count = random.below(9); count > 0; count--) key += parts[random.below(parts.length)]
        tree.put(bytes(key), NONE)
        model.add(key)
      }
      for (const key of model) {
        if (random.chance(1, 3) && tree.delete(bytes(key)) !== model.delete(key)) throw new Error('delete')
        if (getFrom(tree, bytes(key)) === undefined && model.has(key)) throw new Error(`lost ${key}`)
        const near = `${key.slice(0, -1)}a`
        if ((getFrom(tree, bytes(near)) !== undefined) !== model.has(near)) throw new Error(`near ${key}`)
      }
      expect(tree.faults()).toEqual([])
      expect(tree.count).toBe(model.size)
    }
  })
})
