/**
 * What clients asked for and what they were told. Calls and returns are numbered in the order in which this
 * process saw them, which is finer than any clock: an operation that was called after another one returned has
 * the higher number.
 */

export type Action =
  | { readonly kind: 'get'; readonly key: string; readonly serializable: boolean }
  | { readonly kind: 'put'; readonly key: string; readonly value: string }
  | { readonly kind: 'delete'; readonly key: string }
  /** Writes if the key is still at this revision (0: absent), and reads it otherwise. */
  | { readonly kind: 'guarded'; readonly key: string; readonly value: string; readonly modRevision: number }
  /** Writes the same value to both keys, in one transaction. */
  | { readonly kind: 'pair'; readonly keys: readonly [string, string]; readonly value: string }

/** A key's state as somebody saw it; null: absent. */
export type Seen = { readonly value: string; readonly modRevision: number } | null

export interface Answer {
  /** Of the header: the revision at which it took effect. */
  readonly revision: number
  readonly wrote: boolean
  /** For what did not write: what it read. */
  readonly seen?: Seen
}

export interface Operation {
  readonly client: number
  readonly action: Action
  readonly calledAt: number
  /** Without a return it is unknown whether it was done, or ever will be. */
  readonly returnedAt?: number
  /** Absent if it is unknown, or was surely not done. */
  readonly answer?: Answer
  readonly refused?: true
}

export class History {
  readonly operations: Operation[] = []
  #moments = 0

  call(client: number, action: Action): number {
    return this.operations.push({ client, action, calledAt: ++this.#moments }) - 1
  }

  answered(operation: number, answer: Answer): void {
    this.#return(operation, { answer })
  }

  refused(operation: number): void {
    this.#return(operation, { refused: true })
  }

  /** How many came to which end. */
  get counts(): { done: number; refused: number; unknown: number } {
    const counts = { done: 0, refused: 0, unknown: 0 }
    for (const { answer, refused } of this.operations) {
      counts[answer !== undefined ? 'done' : refused ? 'refused' : 'unknown']++
    }
    return counts
  }

  #return(operation: number, end: Pick<Operation, 'answer' | 'refused'>): void {
    const called = this.operations[operation]!
    this.operations[operation] = { ...called, ...end, returnedAt: ++this.#moments }
  }
}

/** The keys that it may write, or reads. */
export function keysOf(action: Action): readonly string[] {
  return action.kind === 'pair' ? action.keys : [action.key]
}

/** For reports. */
export function describeOperation({
  client,
  action,
  calledAt,
  returnedAt,
  answer,
  refused,
}: Operation): string {
  const { kind, ...rest } = action
  const end = refused ? 'refused' : answer === undefined ? 'unknown' : JSON.stringify(answer)
  return `client ${client} ${kind} ${JSON.stringify(rest)} [${calledAt}, ${returnedAt ?? '...'}] ${end}`
}
