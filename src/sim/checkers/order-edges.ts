/** Which transactions come before which, whatever they did: by their process, and in real time. */
import type { DependencyGraph } from './dependency-graph.ts'
import { nameOf, type Order, type Transaction } from './transactions.ts'

/** Adds edges enough that paths of them are the whole order. Those of aborted transactions are left out. */
export function addOrder(
  graph: DependencyGraph,
  transactions: readonly Transaction<unknown>[],
  order: Order,
): void {
  if (order === 'none') return
  const vertices = transactions.flatMap(({ outcome }, vertex) => (outcome === 'aborted' ? [] : [vertex]))
  addProcesses(graph, transactions, vertices)
  if (order === 'realtime') {
    for (const [from, to] of precedences(transactions, vertices)) {
      const why = `${nameOf(transactions[from]!)} returned before ${nameOf(transactions[to]!)} was called`
      graph.add({ from, to, kind: 'realtime', why })
    }
  }
}

/** One of unknown outcome may be done after those that its process went on with. */
function addProcesses(
  graph: DependencyGraph,
  transactions: readonly Transaction<unknown>[],
  vertices: readonly number[],
): void {
  const last = new Map<number, number>()
  for (const to of byCall(transactions, vertices)) {
    const own = transactions[to]!
    const from = last.get(own.process)
    if (from !== undefined) {
      const why = `process ${own.process} called ${nameOf(transactions[from]!)} before ${nameOf(own)}`
      graph.add({ from, to, kind: 'process', why })
    }
    if (own.outcome === 'committed') last.set(own.process, to)
  }
}

function byCall(transactions: readonly Transaction<unknown>[], vertices: readonly number[]): number[] {
  return [...vertices].sort((a, b) => transactions[a]!.calledAt - transactions[b]!.calledAt || a - b)
}

/**
 * Pairs of which the first returned before the second was called: as many as are needed, for the others follow. A
 * transaction that came after another in turn hides it from those that come later.
 */
export function precedences(
  transactions: readonly Transaction<unknown>[],
  vertices: readonly number[],
): [number, number][] {
  const events = vertices.flatMap(vertex => {
    const { calledAt, returnedAt, outcome } = transactions[vertex]!
    const call = { at: calledAt, vertex, isCall: true }
    return returnedAt === undefined || outcome !== 'committed'
      ? [call]
      : [call, { at: returnedAt, vertex, isCall: false }]
  })
  events.sort((a, b) => a.at - b.at || Number(b.isCall) - Number(a.isCall))
  const pairs: [number, number][] = []
  const frontier = new Set<number>()
  const before = new Map<number, readonly number[]>()
  for (const { vertex, isCall } of events) {
    if (isCall) {
      before.set(vertex, [...frontier])
      for (const earlier of frontier) pairs.push([earlier, vertex])
    } else {
      for (const earlier of before.get(vertex)!) frontier.delete(earlier)
      frontier.add(vertex)
    }
  }
  return pairs
}
