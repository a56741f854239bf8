/**
 * Is a concurrent history linearizable? The search of Wing and Gong ("Testing and Verifying Concurrent
 * Objects", 1993) with Lowe's undo list and the cache of visited configurations that Porcupine made
 * popular. Histories of independent objects are checked object by object (linearizability is local).
 *
 * An operation whose outcome is unknown has no return: it may take effect at any time after its call, or,
 * which is the same, after everything else.
 */

export interface Operation<Input, Output> {
  readonly client: number
  readonly input: Input
  /** Absent if the outcome is unknown. */
  readonly output?: Output
  /** Any clock that all clients share; a call and a return never share an instant. */
  readonly calledAt: number
  readonly returnedAt?: number
}

/** A sequential specification. States are values: `step` never changes one. */
export interface Model<State, Input, Output> {
  readonly initial: State
  /** The next state, or null if this output is impossible here. `output` undefined: any is possible. */
  step(state: State, input: Input, output: Output | undefined): { readonly state: State } | null
  /** Equal states have equal keys. */
  key(state: State): string
}

export type Verdict<Input, Output> =
  | { readonly kind: 'linearizable' }
  /** `stuck` are the operations of which none can come next, after the longest prefix that was found. */
  | { readonly kind: 'notLinearizable'; readonly stuck: readonly Operation<Input, Output>[] }
  /** The search was given up: neither proved nor refuted. */
  | { readonly kind: 'undecided' }

/** A call or a return in the doubly linked list of what has not been linearized yet. */
interface Node {
  readonly operation: number
  /** The matching return of a call; null for a return. */
  match: Node | null
  previous: Node | null
  next: Node | null
}

interface Choice<State> {
  readonly call: Node
  readonly state: State
}

/** @param configurationsMax how many configurations to visit before giving up. */
export function checkLinearizable<State, Input, Output>(
  model: Model<State, Input, Output>,
  history: readonly Operation<Input, Output>[],
  configurationsMax = 10_000_000,
): Verdict<Input, Output> {
  const head = linkEvents(history)
  const linearized = new Uint8Array(history.length)
  const visited = new Set<string>()
  const choices: Choice<State>[] = []
  let state = model.initial
  let node = head.next
  let deepest = -1
  let stuck: readonly Operation<Input, Output>[] = []
  while (head.next !== null) {
    if (node?.match) {
      const { input, output } = history[node.operation]!
      const stepped = model.step(state, input, output)
      if (stepped !== null) {
        linearized[node.operation] = 1
        const configuration = `${packBits(linearized)}|${model.key(stepped.state)}`
        if (!visited.has(configuration)) {
          if (visited.size >= configurationsMax) return { kind: 'undecided' }
          visited.add(configuration)
          choices.push({ call: node, state })
          state = stepped.state
          lift(node)
          node = head.next
          continue
        }
        linearized[node.operation] = 0
      }
      node = node.next
      continue
    }
    // A return was reached: none of the operations that were called before it can come next.
    if (choices.length > deepest) {
      deepest = choices.length
      stuck = pendingUpTo(head, node).map(index => history[index]!)
    }
    const last = choices.pop()
    if (last === undefined) return { kind: 'notLinearizable', stuck }
    state = last.state
    linearized[last.call.operation] = 0
    unlift(last.call)
    node = last.call.next
  }
  return { kind: 'linearizable' }
}

function linkEvents<Input, Output>(history: readonly Operation<Input, Output>[]): Node {
  const events: { at: number; isCall: boolean; node: Node }[] = []
  for (const [operation, { calledAt, returnedAt }] of history.entries()) {
    const back: Node = { operation, match: null, previous: null, next: null }
    const call: Node = { operation, match: back, previous: null, next: null }
    events.push({ at: calledAt, isCall: true, node: call })
    events.push({ at: returnedAt ?? Number.POSITIVE_INFINITY, isCall: false, node: back })
  }
  // Calls before returns of the same instant: that allows more orders, and so never accuses wrongly.
  events.sort((a, b) => (a.at === b.at ? Number(b.isCall) - Number(a.isCall) : a.at < b.at ? -1 : 1))
  const head: Node = { operation: -1, match: null, previous: null, next: null }
  let last = head
  for (const { node } of events) {
    last.next = node
    node.previous = last
    last = node
  }
  return head
}

/** Takes a call and its return out of the list. */
function lift(call: Node): void {
  unlink(call)
  unlink(call.match!)
}

/** Puts back what `lift` took out; only ever in the opposite order. */
function unlift(call: Node): void {
  relink(call.match!)
  relink(call)
}

function unlink(node: Node): void {
  node.previous!.next = node.next
  if (node.next !== null) node.next.previous = node.previous
}

function relink(node: Node): void {
  node.previous!.next = node
  if (node.next !== null) node.next.previous = node
}

function pendingUpTo(head: Node, end: Node | null): number[] {
  const operations: number[] = []
  for (let node = head.next; node !== null && node !== end; node = node.next) {
    if (node.match) operations.push(node.operation)
  }
  return operations
}

function packBits(flags: Uint8Array): string {
  let packed = ''
  for (let at = 0; at < flags.length; at += 15) {
    let bits = 0
    for (let i = 0; i < 15 && at + i < flags.length; i++) bits |= flags[at + i]! << i
    packed += String.fromCharCode(bits)
  }
  return packed
}
