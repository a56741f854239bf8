/**
 * A lock service that does everything right, and clients that do not: they pause, lose their sessions without
 * knowing it, and write on. One lock guards keys of the store, the other something outside that compares tokens.
 */
import { type Random, randomFromSeed } from '../../../core/prng.ts'
import type { LockAnswer, LockEffect, LockHistory } from '../fencing.ts'

export const GUARDS = { inside: 'inStore', outside: 'outside' } as const

type Lock = keyof typeof GUARDS

interface Session {
  readonly client: number
  readonly lock: Lock
  readonly key: string
  readonly token: number
  readonly calledAt: number
  believes: boolean
}

class LockService {
  readonly effects: LockEffect[] = []
  readonly answers: LockAnswer[] = []
  readonly #random: Random
  readonly #sessions: (Session | undefined)[] = [undefined, undefined, undefined, undefined]
  /** Of each lock, who is in the queue: ascending by token. */
  readonly #queues: Record<Lock, Session[]> = { inside: [], outside: [] }
  #revision = 1
  #now = 0
  /** What the thing outside remembers. */
  #fence = 0
  #writes = 0

  constructor(random: Random) {
    this.#random = random
  }

  step(): void {
    this.#now++
    const client = this.#random.below(this.#sessions.length)
    const session = this.#sessions[client]
    if (session === undefined) return this.#enter(client)
    if (this.#random.chance(1, 10)) return this.#leave(session)
    if (session.believes) return this.#write(session)
    if (!this.#queues[session.lock].includes(session)) this.#sessions[client] = undefined
    else if (this.#queues[session.lock][0] === session) this.#tell(session)
  }

  #enter(client: number): void {
    const lock = this.#random.chance(1, 2) ? 'inside' : 'outside'
    const token = ++this.#revision
    const session = {
      client,
      lock,
      key: `${lock}/${token}`,
      token,
      calledAt: this.#now++,
      believes: false,
    } as const
    this.#sessions[client] = session
    this.#queues[lock].push(session)
    this.effects.push({ kind: 'entered', lock, revision: token, key: session.key, token })
  }

  /** Unlocks, or loses its lease; a holder that was paused does not notice. */
  #leave(session: Session): void {
    const { client, lock, key } = session
    const at = this.#queues[lock].indexOf(session)
    if (at >= 0) {
      this.#queues[lock].splice(at, 1)
      this.effects.push({ kind: 'left', lock, revision: ++this.#revision, key })
    }
    if (!session.believes || this.#random.chance(1, 2)) this.#sessions[client] = undefined
  }

  #tell(session: Session): void {
    const { client, lock, key, token, calledAt } = session
    session.believes = true
    if (this.#random.chance(1, 8)) return
    const answeredAt = ++this.#now
    this.answers.push({
      kind: 'acquired',
      client,
      calledAt,
      answeredAt,
      lock,
      token,
      key,
      revision: this.#revision,
    })
  }

  #write(session: Session): void {
    const { client, lock, token } = session
    const holds = this.#queues[lock][0] === session
    const lands = lock === 'inside' ? holds : token >= this.#fence
    const write = `w${++this.#writes}`
    const calledAt = this.#now++
    if (lands) {
      const revision = lock === 'inside' ? ++this.#revision : this.#revision
      this.effects.push({ kind: 'wrote', lock, revision, token, write, guard: GUARDS[lock] })
      if (lock === 'outside') this.#fence = token
    } else this.#sessions[client] = undefined
    if (this.#random.chance(1, 8)) return
    const answered = { client, calledAt, answeredAt: ++this.#now, lock, token, write }
    this.answers.push({ kind: lands ? 'written' : 'refused', ...answered })
  }
}

export function goodLocks(seed: number): LockHistory {
  const service = new LockService(randomFromSeed(seed))
  for (let step = 0; step < 250; step++) service.step()
  return { effects: service.effects, answers: service.answers }
}
