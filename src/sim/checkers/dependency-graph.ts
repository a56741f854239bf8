/** Transactions and what makes one of them come before another; strongly connected components by Tarjan (1972). */

/** `ww`: overwrote; `wr`: was read by; `rw`: did not yet see; the others are orders that nobody needs to observe. */
export type EdgeKind = 'ww' | 'wr' | 'rw' | 'process' | 'realtime'

export interface Edge {
  readonly from: number
  readonly to: number
  readonly kind: EdgeKind
  /** A sentence without its end: `T1 did not see T2's append of 3 to "x"`. */
  readonly why: string
}

/** Vertices are the numbers below `size`. */
export class DependencyGraph {
  readonly #edges: Edge[][]

  constructor(size: number) {
    this.#edges = Array.from({ length: size }, () => [])
  }

  /** Nothing comes before itself: such an edge is left out. Of equal ones, the first stays. */
  add(edge: Edge): void {
    const { from, to, kind } = edge
    if (from === to) return
    const edges = this.#edges[from]!
    if (!edges.some(other => other.to === to && other.kind === kind)) edges.push(edge)
  }

  from(vertex: number): readonly Edge[] {
    return this.#edges[vertex]!
  }

  /** Those of more than one vertex, in which alone there are cycles. `allows` leaves edges out. */
  components(allows: (edge: Edge) => boolean): number[][] {
    const size = this.#edges.length
    const indices = new Int32Array(size).fill(-1)
    const lows = new Int32Array(size)
    const isOnStack = new Uint8Array(size)
    const stack: number[] = []
    const found: number[][] = []
    let next = 0
    for (let root = 0; root < size; root++) {
      if (indices[root]! >= 0) continue
      // A path of its own instead of recursion, which long histories would exhaust the stack with.
      const path: { vertex: number; edge: number }[] = []
      const enter = (vertex: number): void => {
        indices[vertex] = lows[vertex] = next++
        isOnStack[vertex] = 1
        stack.push(vertex)
        path.push({ vertex, edge: 0 })
      }
      enter(root)
      for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
        const { vertex } = top
        const edge = this.#edges[vertex]![top.edge++]
        if (edge !== undefined) {
          if (!allows(edge)) continue
          if (indices[edge.to]! < 0) enter(edge.to)
          else if (isOnStack[edge.to]) lows[vertex] = Math.min(lows[vertex]!, indices[edge.to]!)
          continue
        }
        path.pop()
        const parent = path.at(-1)
        if (parent !== undefined) lows[parent.vertex] = Math.min(lows[parent.vertex]!, lows[vertex]!)
        if (lows[vertex] !== indices[vertex]) continue
        const component = stack.splice(stack.lastIndexOf(vertex))
        for (const each of component) isOnStack[each] = 0
        if (component.length > 1) found.push(component)
      }
    }
    return found
  }
}
