/**
 * What is known of locks: what their clients were told, and what others found in the store, of those too who were never
 * told. A lock has one holder at a time: who enters turns out whoever held it.
 */
import type { LockAnswer, LockEffect, LockHistory } from '../checkers/fencing.ts'

/** One request of a client, from its call to its answer. */
export interface Attempt {
  /** No other attempt has it. */
  readonly id: number
  readonly client: number
  readonly calledAt: number
  readonly answeredAt: number
}

interface Write {
  readonly token: number
  readonly revision: number
}

interface LockFacts {
  /** Who entered, by token. */
  readonly holders: Map<number, string>
  /** By name. */
  readonly writes: Map<string, Write>
  /** Revisions at which nobody held it. */
  readonly free: Set<number>
}

export class LockLedger {
  readonly #answers: LockAnswer[] = []
  readonly #locks = new Map<string, LockFacts>()

  /** For the checker; the effects are those that somebody knows of. */
  get history(): LockHistory {
    return {
      effects: [...this.#locks].flatMap(([lock, facts]) => effectsOf(lock, facts)),
      answers: this.#answers,
    }
  }

  acquired(lock: string, name: string, token: number, attempt: Attempt): void {
    this.sawHolder(lock, name, token)
    this.#answers.push({ kind: 'acquired', ...timesOf(attempt), lock, token, key: name, revision: token })
  }

  written(lock: string, name: string, token: number, revision: number, attempt: Attempt): void {
    this.sawWrite(lock, name, token, revision)
    this.#answers.push({ kind: 'written', ...timesOf(attempt), lock, token, write: name })
  }

  refused(lock: string, name: string, token: number, attempt: Attempt): void {
    this.#answers.push({ kind: 'refused', ...timesOf(attempt), lock, token, write: name })
  }

  sawHolder(lock: string, name: string, token: number): void {
    this.#facts(lock).holders.set(token, name)
  }

  sawNobody(lock: string, revision: number): void {
    this.#facts(lock).free.add(revision)
  }

  sawWrite(lock: string, name: string, token: number, revision: number): void {
    this.#facts(lock).writes.set(name, { token, revision })
  }

  #facts(lock: string): LockFacts {
    const known = this.#locks.get(lock)
    if (known !== undefined) return known
    const facts = { holders: new Map(), writes: new Map(), free: new Set<number>() }
    this.#locks.set(lock, facts)
    return facts
  }
}

function timesOf({ client, calledAt, answeredAt }: Attempt) {
  return { client, calledAt, answeredAt }
}

/** In the store's order. When exactly a holder left is not known: at the latest, when it was first seen to be gone. */
function effectsOf(lock: string, { holders, writes, free }: LockFacts): LockEffect[] {
  const effects: LockEffect[] = []
  const tokens = [...holders.keys()].toSorted((a, b) => a - b)
  const gone = [...free].toSorted((a, b) => a - b)
  for (const [i, token] of tokens.entries()) {
    const key = holders.get(token)!
    effects.push({ kind: 'entered', lock, revision: token, key, token })
    const next = tokens[i + 1] ?? Number.POSITIVE_INFINITY
    const revision = Math.min(next, gone.find(seen => seen > token) ?? next)
    if (revision < Number.POSITIVE_INFINITY) effects.push({ kind: 'left', lock, revision, key })
  }
  for (const [write, { token, revision }] of writes) {
    effects.push({ kind: 'wrote', lock, revision, token, write, guard: 'inStore' })
  }
  // A write at the revision of a look was done before it; who enters has turned another out.
  const rank = { wrote: 0, left: 1, entered: 2 }
  return effects.toSorted((a, b) => a.revision - b.revision || rank[a.kind] - rank[b.kind])
}
