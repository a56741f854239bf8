/**
 * Elle over lists: a read of a list tells the order of all appends to it, so that dependencies follow from what was
 * read and nothing is guessed.
 */
import { findCycles } from './cycles.ts'
import { DependencyGraph } from './dependency-graph.ts'
import { addOrder } from './order-edges.ts'
import {
  type Anomaly,
  type ListOperation,
  nameOf,
  type Order,
  spell,
  type Transaction,
  type Value,
} from './transactions.ts'

export type ListTransaction = Transaction<ListOperation>

interface Append {
  readonly vertex: number
  readonly transaction: ListTransaction
  /** Whether the same transaction appends to the key again. */
  readonly isIntermediate: boolean
}

/** All anomalies; none: the history is as if transactions were done one after the other, in the given order. */
export function checkListAppend(history: readonly ListTransaction[], order: Order = 'realtime'): Anomaly[] {
  return new ListAppend(history).check(order)
}

class ListAppend {
  readonly #history: readonly ListTransaction[]
  readonly #anomalies: Anomaly[] = []
  /** By key and value. */
  readonly #appends = new Map<string, Map<Value, Append>>()
  /** The longest that was read of every key. */
  readonly #longest = new Map<string, readonly Value[]>()

  constructor(history: readonly ListTransaction[]) {
    this.#history = history
  }

  check(order: Order): Anomaly[] {
    this.#collectAppends()
    for (const transaction of this.#history) {
      if (transaction.outcome === 'committed') this.#checkAlone(transaction)
    }
    this.#collectLongest()
    const graph = new DependencyGraph(this.#history.length)
    for (const key of this.#appends.keys()) this.#addWrites(graph, key)
    for (const [vertex, transaction] of this.#history.entries()) this.#addReads(graph, vertex, transaction)
    addOrder(graph, this.#history, order)
    const ids = this.#history.map(({ id }) => id)
    return [...this.#anomalies, ...findCycles(graph, order, ids)]
  }

  #report(name: string, what: string, transactions: readonly ListTransaction[]): void {
    const ids = transactions.map(({ id }) => id)
    this.#anomalies.push({ name, sentence: `${name}: ${what}`, transactions: ids })
  }

  #collectAppends(): void {
    for (const [vertex, transaction] of this.#history.entries()) {
      for (const [i, operation] of transaction.operations.entries()) {
        if (operation.kind !== 'append') continue
        const { key, value } = operation
        const later = transaction.operations.slice(i + 1)
        const isIntermediate = later.some(each => each.kind === 'append' && each.key === key)
        let ofKey = this.#appends.get(key)
        if (ofKey === undefined) this.#appends.set(key, (ofKey = new Map()))
        const other = ofKey.get(value)
        if (other === undefined) ofKey.set(value, { vertex, transaction, isIntermediate })
        else {
          const both = `${nameOf(other.transaction)} and ${nameOf(transaction)}`
          this.#report('ambiguous', `${both} both append ${spell(value)} to "${key}"`, [
            other.transaction,
            transaction,
          ])
        }
      }
    }
  }

  /** What can be seen without looking at others' reads. */
  #checkAlone(transaction: ListTransaction): void {
    const known = new Map<string, readonly Value[]>()
    const own = new Map<string, Value[]>()
    const name = nameOf(transaction)
    for (const operation of transaction.operations) {
      const { key } = operation
      const mine = own.get(key) ?? []
      if (operation.kind === 'append') {
        own.set(key, [...mine, operation.value])
        continue
      }
      const { values } = operation
      if (values === null) continue
      const read = `${name} read "${key}" as ${JSON.stringify(values)}`
      const before = known.get(key)
      const others = values.slice(0, Math.max(0, values.length - mine.length))
      const isOwn = equal(values.slice(others.length), mine)
      if (!isOwn)
        this.#report('internal', `${read} after it had appended ${JSON.stringify(mine)}`, [transaction])
      else if (before !== undefined && !equal(others, before)) {
        this.#report('internal', `${read} after it had read ${JSON.stringify(before)}`, [transaction])
      }
      known.set(key, others)
      this.#checkRead(transaction, key, values, others, read)
    }
  }

  #checkRead(
    reader: ListTransaction,
    key: string,
    values: readonly Value[],
    others: readonly Value[],
    read: string,
  ): void {
    if (new Set(values).size < values.length) this.#report('duplicate-elements', read, [reader])
    for (const value of values) {
      const append = this.#appends.get(key)?.get(value)
      if (append === undefined)
        this.#report('garbage', `${read}, but nobody appended ${spell(value)}`, [reader])
      else if (append.transaction.outcome === 'aborted') {
        const { transaction } = append
        this.#report('G1a', `${read}, but ${nameOf(transaction)} was aborted`, [transaction, reader])
      }
    }
    const last = others.at(-1)
    const append = last === undefined ? undefined : this.#appends.get(key)?.get(last)
    if (append?.isIntermediate && append.transaction !== reader) {
      const { transaction } = append
      this.#report('G1b', `${read}, but ${nameOf(transaction)} then appended more`, [transaction, reader])
    }
  }

  #collectLongest(): void {
    const readers = new Map<string, ListTransaction>()
    for (const { transaction, key, values } of this.#reads()) {
      const longest = this.#longest.get(key)
      if (longest !== undefined && longest.length >= values.length) continue
      this.#longest.set(key, values)
      readers.set(key, transaction)
    }
    for (const { transaction, key, values } of this.#reads()) {
      const longest = this.#longest.get(key)!
      if (equal(values, longest.slice(0, values.length))) continue
      const reader = readers.get(key)!
      const lists = `${JSON.stringify(values)}, and ${nameOf(reader)} as ${JSON.stringify(longest)}`
      this.#report('incompatible-order', `${nameOf(transaction)} read "${key}" as ${lists}`, [
        transaction,
        reader,
      ])
    }
  }

  *#reads(): Generator<{ transaction: ListTransaction; key: string; values: readonly Value[] }> {
    for (const transaction of this.#history) {
      if (transaction.outcome !== 'committed') continue
      for (const operation of transaction.operations) {
        if (operation.kind === 'read' && operation.values !== null) {
          yield { transaction, key: operation.key, values: operation.values }
        }
      }
    }
  }

  /** Appends in the order in which they were read; then those that were committed and that nobody has read. */
  #addWrites(graph: DependencyGraph, key: string): void {
    const appends = this.#appends.get(key)!
    const longest = this.#longest.get(key) ?? []
    for (const [i, value] of longest.entries()) {
      const from = i === 0 ? undefined : appends.get(longest[i - 1]!)
      const to = appends.get(value)
      if (from === undefined || to === undefined) continue
      this.#addOverwrite(graph, key, from, longest[i - 1]!, to, value)
    }
    const last = longest.length === 0 ? undefined : appends.get(longest.at(-1)!)
    if (last === undefined) return
    for (const [value, to] of this.#unread(key)) {
      this.#addOverwrite(graph, key, last, longest.at(-1)!, to, value)
    }
  }

  #addOverwrite(
    graph: DependencyGraph,
    key: string,
    from: Append,
    old: Value,
    to: Append,
    value: Value,
  ): void {
    const later = `${nameOf(to.transaction)} appended ${spell(value)} to "${key}"`
    const why = `${later} after ${nameOf(from.transaction)} appended ${spell(old)}`
    graph.add({ from: from.vertex, to: to.vertex, kind: 'ww', why })
  }

  #unread(key: string): [Value, Append][] {
    const read = new Set(this.#longest.get(key))
    return [...this.#appends.get(key)!].filter(
      ([value, { transaction }]) => transaction.outcome === 'committed' && !read.has(value),
    )
  }

  /** Reads before own appends only: what comes after them follows from the order of writes. */
  #addReads(graph: DependencyGraph, vertex: number, transaction: ListTransaction): void {
    if (transaction.outcome !== 'committed') return
    const appended = new Set<string>()
    for (const operation of transaction.operations) {
      const { key } = operation
      if (operation.kind === 'append') appended.add(key)
      else if (operation.values !== null && !appended.has(key)) {
        this.#addRead(graph, vertex, transaction, key, operation.values)
      }
    }
  }

  #addRead(
    graph: DependencyGraph,
    vertex: number,
    transaction: ListTransaction,
    key: string,
    values: readonly Value[],
  ): void {
    const appends = this.#appends.get(key)
    const longest = this.#longest.get(key)!
    const last = values.length === 0 ? undefined : appends?.get(values.at(-1)!)
    if (last !== undefined) {
      const append = `${nameOf(last.transaction)}'s append of ${spell(values.at(-1)!)} to "${key}"`
      graph.add({ from: last.vertex, to: vertex, kind: 'wr', why: `${nameOf(transaction)} saw ${append}` })
    }
    // Of a state that never was, nobody can tell what came next.
    if (appends === undefined || !equal(values, longest.slice(0, values.length))) return
    const next = longest[values.length]
    const nextAppend = next === undefined ? undefined : appends.get(next)
    const missed: [Value, Append][] =
      nextAppend !== undefined ? [[next!, nextAppend]] : next === undefined ? this.#unread(key) : []
    for (const [value, append] of missed) {
      const what = `${nameOf(append.transaction)}'s append of ${spell(value)} to "${key}"`
      graph.add({
        from: vertex,
        to: append.vertex,
        kind: 'rw',
        why: `${nameOf(transaction)} did not see ${what}`,
      })
    }
  }
}

function equal(a: readonly Value[], b: readonly Value[]): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i])
}
