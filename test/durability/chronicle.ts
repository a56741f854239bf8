/** What a node says has happened: every change of every key, by revision. */
import type { Client } from '../../src/client/index.ts'
import { prefixSpan } from '../../src/client/index.ts'
import { utf8Text } from '../../src/core/utf8.ts'
import type { Seen } from './history.ts'

export interface Change {
  readonly revision: number
  readonly key: string
  /** Null: deleted. */
  readonly value: string | null
}

/** The revision of an empty store, before the first change. */
export const FIRST_REVISION = 1

/** Reads at the same time: enough to keep a node busy. */
const READS_AT_ONCE = 32

export class Chronicle {
  readonly #byRevision: Change[][] = []
  readonly #byKey = new Map<string, Change[]>()

  /** The last revision that is told of. */
  get end(): number {
    return FIRST_REVISION + this.#byRevision.length
  }

  /** The changes of the next revision. */
  add(changes: readonly Omit<Change, 'revision'>[]): void {
    const revision = this.end + 1
    const complete = changes.map(change => ({ ...change, revision }))
    this.#byRevision.push(complete)
    for (const change of complete) {
      const ofKey = this.#byKey.get(change.key)
      if (ofKey === undefined) this.#byKey.set(change.key, [change])
      else ofKey.push(change)
    }
  }

  changesAt(revision: number): readonly Change[] {
    return this.#byRevision[revision - FIRST_REVISION - 1] ?? []
  }

  *changes(): Generator<Change> {
    for (const changes of this.#byRevision) yield* changes
  }

  /** The key as it was at a revision. */
  at(key: string, revision: number): Seen {
    const changes = this.#byKey.get(key) ?? []
    let low = 0
    let high = changes.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (changes[middle]!.revision <= revision) low = middle + 1
      else high = middle
    }
    const change = changes[low - 1]
    if (change === undefined || change.value === null) return null
    return { value: change.value, modRevision: change.revision }
  }
}

/** Continues a chronicle up to a revision that the node has reached. Throws if the node contradicts itself. */
export async function readChronicle(client: Client, chronicle: Chronicle, end: number): Promise<void> {
  let before = await stateAt(client, chronicle.end)
  while (chronicle.end < end) {
    const count = Math.min(READS_AT_ONCE, end - chronicle.end)
    const revisions = Array.from({ length: count }, (_, i) => chronicle.end + 1 + i)
    for (const state of await Promise.all(revisions.map(revision => stateAt(client, revision)))) {
      chronicle.add(changesBetween(before, state, chronicle.end + 1))
      before = state
    }
  }
}

type State = ReadonlyMap<string, NonNullable<Seen>>

async function stateAt(client: Client, revision: number): Promise<State> {
  if (revision === FIRST_REVISION) return new Map()
  const { kvs } = await client.range(prefixSpan(''), { revision, serializable: true })
  return new Map(
    kvs.map(({ key, value, modRevision }) => [utf8Text(key), { value: utf8Text(value), modRevision }]),
  )
}

function changesBetween(before: State, after: State, revision: number): Omit<Change, 'revision'>[] {
  const changes: Omit<Change, 'revision'>[] = []
  for (const [key, { value, modRevision }] of after) {
    if (modRevision === revision) {
      changes.push({ key, value })
      continue
    }
    const old = before.get(key)
    if (old === undefined || old.modRevision !== modRevision || old.value !== value) {
      throw new Error(`at revision ${revision} ${key} differs, though it says that it was not changed there`)
    }
  }
  for (const key of before.keys()) if (!after.has(key)) changes.push({ key, value: null })
  return changes
}
