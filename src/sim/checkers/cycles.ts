/**
 * Cycles of dependencies and their names (Adya, "Weak Consistency", 1999): the fewer kinds of edges one needs, the
 * worse it is. Of each kind, the shortest of each component is told.
 */
import { assert } from '../../core/assert.ts'
import type { DependencyGraph, Edge } from './dependency-graph.ts'
import { CYCLE_STARTS_MAX } from './limits.ts'
import type { Anomaly, Order } from './transactions.ts'

interface CycleClass {
  readonly name: string
  /** How many edges of a kind a cycle of this class has; two mean two or more. */
  readonly rw: 0 | 1 | 2
  readonly wr: boolean | undefined
}

const CLASSES: readonly CycleClass[] = [
  { name: 'G0', rw: 0, wr: false },
  { name: 'G1c', rw: 0, wr: true },
  { name: 'G-single', rw: 1, wr: undefined },
  { name: 'G2', rw: 2, wr: undefined },
]

const ORDERS: readonly Order[] = ['none', 'process', 'realtime']

function allows({ kind }: Edge, wanted: CycleClass, extra: Order): boolean {
  if (kind === 'process' || kind === 'realtime') return kind === extra
  return kind === 'ww' || (kind === 'wr' ? wanted.wr !== false : wanted.rw > 0)
}

/** With edges of every kind. */
const ANY_CLASS: CycleClass = { name: 'G2', rw: 2, wr: undefined }

/** @param ids of the vertices. */
export function findCycles(graph: DependencyGraph, order: Order, ids: readonly number[]): Anomaly[] {
  const anomalies: Anomaly[] = []
  const explained = new Set<number>()
  for (const extra of ORDERS.slice(0, ORDERS.indexOf(order) + 1)) {
    const found: Edge[][] = []
    const tell = (name: string, cycle: Edge[]): void => {
      found.push(cycle)
      const sentence = `${name}: ${cycle.map(({ why, kind }) => `${why} (${kind})`).join('; ')}`
      anomalies.push({ name, sentence, transactions: cycle.map(({ from }) => ids[from]!) })
    }
    for (const wanted of CLASSES) {
      for (const component of graph.components(edge => allows(edge, wanted, extra))) {
        // A cycle that needs no order says all that one with it would.
        if (component.some(vertex => explained.has(vertex))) continue
        const cycle = shortestCycle(graph, component, wanted, extra)
        if (cycle !== undefined) tell(extra === 'none' ? wanted.name : `${wanted.name}-${extra}`, cycle)
      }
    }
    // The search for a certain class may miss it in a large component; some cycle is found in every one.
    const told = new Set(found.flat().map(({ from }) => from))
    for (const component of graph.components(edge => allows(edge, ANY_CLASS, extra))) {
      if (component.some(vertex => explained.has(vertex) || told.has(vertex))) continue
      const cycle = anyCycle(graph, component, extra)
      tell(nameOfCycle(cycle), cycle)
    }
    for (const { from } of found.flat()) explained.add(from)
  }
  return anomalies
}

/** The shortest through the first vertex, whatever it is made of. */
function anyCycle(graph: DependencyGraph, component: readonly number[], extra: Order): Edge[] {
  const members = new Set(component)
  const start = component[0]!
  const cameBy = new Map<number, Edge>()
  for (let reached = [start]; reached.length > 0; ) {
    const next: number[] = []
    for (const vertex of reached) {
      for (const edge of graph.from(vertex)) {
        if (!members.has(edge.to) || !allows(edge, ANY_CLASS, extra) || cameBy.has(edge.to)) continue
        cameBy.set(edge.to, edge)
        if (edge.to !== start) next.push(edge.to)
      }
    }
    reached = next
  }
  const cycle: Edge[] = []
  for (let vertex = start; vertex !== start || cycle.length === 0; vertex = cycle.at(-1)!.from) {
    const edge = cameBy.get(vertex)
    assert(edge !== undefined, 'in a strongly connected component, every vertex is reached from every other')
    cycle.push(edge)
  }
  return cycle.reverse()
}

function nameOfCycle(cycle: readonly Edge[]): string {
  const count = (wanted: Edge['kind']): number => cycle.filter(({ kind }) => kind === wanted).length
  const rw = count('rw')
  const name = rw > 1 ? 'G2' : rw === 1 ? 'G-single' : count('wr') > 0 ? 'G1c' : 'G0'
  return count('realtime') > 0 ? `${name}-realtime` : count('process') > 0 ? `${name}-process` : name
}

interface Step {
  readonly vertex: number
  readonly rw: number
  readonly wr: boolean
  readonly ordered: boolean
  readonly edge: Edge | undefined
  readonly before: Step | undefined
}

function shortestCycle(
  graph: DependencyGraph,
  component: readonly number[],
  wanted: CycleClass,
  extra: Order,
): Edge[] | undefined {
  const members = new Set(component)
  let best: Edge[] | undefined
  // In a large component nearly every vertex is on some short cycle.
  for (const start of component.slice(0, CYCLE_STARTS_MAX)) {
    const cycle = cycleThrough(graph, members, start, wanted, extra, best?.length ?? Number.POSITIVE_INFINITY)
    if (cycle !== undefined) best = cycle
    if (best?.length === 2) break
  }
  return best
}

/** Breadth first over vertices and what the way to them was made of. */
function cycleThrough(
  graph: DependencyGraph,
  members: ReadonlySet<number>,
  start: number,
  wanted: CycleClass,
  extra: Order,
  shorterThan: number,
): Edge[] | undefined {
  const first: Step = { vertex: start, rw: 0, wr: false, ordered: false, edge: undefined, before: undefined }
  const seen = new Set<number>()
  let reached = [first]
  for (let length = 1; reached.length > 0 && length < shorterThan; length++) {
    const next: Step[] = []
    for (const before of reached) {
      for (const edge of graph.from(before.vertex)) {
        const step = advance(before, edge, members, wanted, extra)
        if (step === undefined) continue
        if (step.vertex === start) {
          const cycle = isOf(step, wanted, extra) ? edgesOf(step) : undefined
          if (cycle !== undefined && isSimple(cycle)) return cycle
          continue
        }
        const state = ((step.vertex * 3 + step.rw) * 2 + Number(step.wr)) * 2 + Number(step.ordered)
        if (seen.has(state)) continue
        seen.add(state)
        next.push(step)
      }
    }
    reached = next
  }
  return undefined
}

function advance(
  before: Step,
  edge: Edge,
  members: ReadonlySet<number>,
  wanted: CycleClass,
  extra: Order,
): Step | undefined {
  const { kind, to } = edge
  if (!members.has(to) || !allows(edge, wanted, extra)) return undefined
  const isOrder = kind === 'process' || kind === 'realtime'
  const rw = Math.min(2, before.rw + Number(kind === 'rw'))
  if (rw > wanted.rw) return undefined
  const wr = before.wr || kind === 'wr'
  return { vertex: to, rw, wr, ordered: before.ordered || isOrder, edge, before }
}

function isOf({ rw, wr, ordered }: Step, wanted: CycleClass, extra: Order): boolean {
  return rw === wanted.rw && (wanted.wr === undefined || wr === wanted.wr) && ordered === (extra !== 'none')
}

function edgesOf(last: Step): Edge[] {
  const edges: Edge[] = []
  for (let step: Step | undefined = last; step?.edge !== undefined; step = step.before) edges.push(step.edge)
  return edges.reverse()
}

/** One that passes a vertex twice is two cycles, of other classes. */
function isSimple(cycle: readonly Edge[]): boolean {
  return new Set(cycle.map(({ from }) => from)).size === cycle.length
}
