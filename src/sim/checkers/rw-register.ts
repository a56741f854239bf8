/**
 * Elle over registers: a read tells whose write it saw, but not what was there before it. The order of a key's versions
 * follows from what is certain: nothing comes first, and who read a version and then wrote another overwrote it. Where
 * every key by itself is linearizable, real time orders versions, too.
 */
import { findCycles } from './cycles.ts'
import { DependencyGraph } from './dependency-graph.ts'
import { addOrder, precedences } from './order-edges.ts'
import {
  type Anomaly,
  nameOf,
  type Order,
  type RegisterOperation,
  spell,
  type Transaction,
  type Value,
} from './transactions.ts'

export type RegisterTransaction = Transaction<RegisterOperation>

export interface RegisterOptions {
  /** Default: `realtime`. */
  readonly order?: Order
  /** Versions of a key are in real time. Default: if the order is `realtime`. */
  readonly linearizableKeys?: boolean
}

interface Write {
  readonly vertex: number
  readonly transaction: RegisterTransaction
  /** Whether the same transaction writes the key again. */
  readonly isIntermediate: boolean
}

/** What one committed transaction has to do with a key from outside: null is nothing, undefined is unknown. */
interface Touch {
  readonly vertex: number
  readonly read: Value | null | undefined
  readonly written: Value | undefined
}

/** All anomalies; none: no proof that transactions were not done one after the other, in the given order. */
export function checkRegisters(
  history: readonly RegisterTransaction[],
  options: RegisterOptions = {},
): Anomaly[] {
  const order = options.order ?? 'realtime'
  return new Registers(history).check(order, options.linearizableKeys ?? order === 'realtime')
}

class Registers {
  readonly #history: readonly RegisterTransaction[]
  readonly #anomalies: Anomaly[] = []
  /** By key and value. */
  readonly #writes = new Map<string, Map<Value, Write>>()
  readonly #touches = new Map<string, Touch[]>()

  constructor(history: readonly RegisterTransaction[]) {
    this.#history = history
  }

  check(order: Order, linearizableKeys: boolean): Anomaly[] {
    this.#collectWrites()
    for (const [vertex, transaction] of this.#history.entries()) {
      if (transaction.outcome === 'committed') this.#collectTouches(vertex, transaction)
    }
    const graph = new DependencyGraph(this.#history.length)
    for (const [key, touches] of this.#touches) this.#addKey(graph, key, touches, linearizableKeys)
    addOrder(graph, this.#history, order)
    const ids = this.#history.map(({ id }) => id)
    return [...this.#anomalies, ...findCycles(graph, order, ids)]
  }

  #report(name: string, what: string, transactions: readonly RegisterTransaction[]): void {
    const ids = transactions.map(({ id }) => id)
    this.#anomalies.push({ name, sentence: `${name}: ${what}`, transactions: ids })
  }

  #collectWrites(): void {
    for (const [vertex, transaction] of this.#history.entries()) {
      for (const [i, operation] of transaction.operations.entries()) {
        if (operation.kind !== 'write') continue
        const { key, value } = operation
        const later = transaction.operations.slice(i + 1)
        const isIntermediate = later.some(each => each.kind === 'write' && each.key === key)
        let ofKey = this.#writes.get(key)
        if (ofKey === undefined) this.#writes.set(key, (ofKey = new Map()))
        const other = ofKey.get(value)
        if (other === undefined) ofKey.set(value, { vertex, transaction, isIntermediate })
        else {
          const both = `${nameOf(other.transaction)} and ${nameOf(transaction)}`
          this.#report('ambiguous', `${both} both write ${spell(value)} to "${key}"`, [
            other.transaction,
            transaction,
          ])
        }
      }
    }
  }

  #collectTouches(vertex: number, transaction: RegisterTransaction): void {
    /** What the transaction itself must see, by key. */
    const state = new Map<string, Value | null>()
    const reads = new Map<string, Value | null>()
    const written = new Map<string, Value>()
    for (const operation of transaction.operations) {
      const { key, value } = operation
      if (operation.kind === 'write') {
        state.set(key, operation.value)
        written.set(key, operation.value)
        continue
      }
      if (value === undefined) continue
      const read = `${nameOf(transaction)} read ${spell(value)} of "${key}"`
      const expected = state.get(key)
      if (expected !== undefined && expected !== value) {
        this.#report('internal', `${read}, but had to see its own ${spell(expected)}`, [transaction])
      }
      state.set(key, value)
      if (written.has(key)) continue
      reads.set(key, value)
      if (value !== null) this.#checkRead(transaction, key, value, read)
    }
    for (const key of new Set([...reads.keys(), ...written.keys()])) {
      const touch = { vertex, read: reads.get(key), written: written.get(key) }
      const ofKey = this.#touches.get(key)
      if (ofKey === undefined) this.#touches.set(key, [touch])
      else ofKey.push(touch)
    }
  }

  #checkRead(reader: RegisterTransaction, key: string, value: Value, read: string): void {
    const write = this.#writes.get(key)?.get(value)
    if (write === undefined) return this.#report('garbage', `${read}, which nobody wrote`, [reader])
    const { transaction, isIntermediate } = write
    if (transaction.outcome === 'aborted') {
      this.#report('G1a', `${read}, but ${nameOf(transaction)} was aborted`, [transaction, reader])
    } else if (isIntermediate && transaction !== reader) {
      this.#report('G1b', `${read}, but ${nameOf(transaction)} then wrote another`, [transaction, reader])
    }
  }

  // --- Dependencies of one key ---

  #addKey(graph: DependencyGraph, key: string, touches: readonly Touch[], linearizableKeys: boolean): void {
    const readers = new Map<Value | null, number[]>()
    for (const { vertex, read } of touches) {
      if (read === undefined) continue
      const others = readers.get(read)
      if (others === undefined) readers.set(read, [vertex])
      else others.push(vertex)
      const write = read === null ? undefined : this.#writes.get(key)?.get(read)
      if (write === undefined) continue
      const why = `${this.#name(vertex)} saw ${nameOf(write.transaction)}'s ${spell(read)} of "${key}"`
      graph.add({ from: write.vertex, to: vertex, kind: 'wr', why })
    }
    const versions = this.#versionsOf(key, touches, linearizableKeys)
    if (this.#hasCycle(key, versions)) return
    for (const [older, newer] of versions) {
      const to = this.#writes.get(key)?.get(newer)
      if (to === undefined) continue
      const next = `${nameOf(to.transaction)}'s ${spell(newer)} of "${key}"`
      const from = older === null ? undefined : this.#writes.get(key)?.get(older)
      if (from !== undefined) {
        const why = `${nameOf(from.transaction)}'s ${spell(older)} was overwritten by ${next}`
        graph.add({ from: from.vertex, to: to.vertex, kind: 'ww', why })
      }
      for (const reader of readers.get(older) ?? []) {
        const why = `${this.#name(reader)} read ${spell(older)} and did not see ${next}`
        graph.add({ from: reader, to: to.vertex, kind: 'rw', why })
      }
    }
  }

  #name(vertex: number): string {
    return nameOf(this.#history[vertex]!)
  }

  /** Pairs of versions of which the second is later. Every version is a final one: others are nobody's to read. */
  #versionsOf(key: string, touches: readonly Touch[], linearizableKeys: boolean): [Value | null, Value][] {
    const versions: [Value | null, Value][] = []
    for (const { read, written } of touches) {
      if (written !== undefined) versions.push([null, written])
      else if (read !== undefined && read !== null) versions.push([null, read])
      if (written !== undefined && read !== undefined && read !== null) versions.push([read, written])
    }
    if (!linearizableKeys) return versions
    const byVertex = new Map(touches.map(touch => [touch.vertex, touch]))
    for (const [earlier, later] of precedences(this.#history, [...byVertex.keys()])) {
      const left = byVertex.get(earlier)!
      const right = byVertex.get(later)!
      const last = left.written ?? left.read
      const first = right.read === undefined ? right.written : right.read
      if (last === undefined || first === undefined || last === first) continue
      // To see nothing after something would make nothing the later version: a cycle of its own.
      if (first === null) this.#reportGone(key, left.vertex, right.vertex, last!)
      else versions.push([last, first])
    }
    return versions
  }

  #reportGone(key: string, earlier: number, later: number, value: Value): void {
    const what = `${this.#name(later)} read nothing of "${key}" after ${this.#name(earlier)} had left ${spell(value)}`
    this.#report('cyclic-versions', what, [this.#history[earlier]!, this.#history[later]!])
  }

  /** Then the versions have no order, and nothing follows from them. */
  #hasCycle(key: string, versions: readonly (readonly [Value | null, Value])[]): boolean {
    const numbers = new Map<Value | null, number>()
    for (const version of versions.flat()) if (!numbers.has(version)) numbers.set(version, numbers.size)
    const graph = new DependencyGraph(numbers.size)
    for (const [older, newer] of versions) {
      graph.add({ from: numbers.get(older)!, to: numbers.get(newer)!, kind: 'ww', why: '' })
    }
    const values = [...numbers.keys()]
    const components = graph.components(() => true)
    for (const component of components) {
      const names = component.map(number => values[number]!)
      const writers = names.flatMap(value => this.#writes.get(key)?.get(value)?.transaction ?? [])
      const list = names.map(spell).join(', ')
      this.#report('cyclic-versions', `of "${key}", each of ${list} is later than the others`, writers)
    }
    return components.length > 0
  }
}
