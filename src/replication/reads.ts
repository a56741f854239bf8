/**
 * Linearizable reads: every reader of one turn shares one read of the core, and is called back once the
 * state covers the index that the core named. A reader whose round found no quorum joins a later round
 * under a new id (etcd #20418 is what happens when an id is used again).
 */
import { QuorateError } from '../core/errors.ts'
import type { Gauge } from '../core/gauge.ts'
import type { Index, ReadId } from '../core/ids.ts'
import { bug, probe } from '../core/seams.ts'
import { addMs, type Instant, NEVER } from '../core/time.ts'
import { GROUP_LIMITS, type GroupLimits, RETRY_DELAY_MS } from './limits.ts'
import { ReplicaErrors } from './replica.ts'

interface Reader {
  readonly deadline: Instant
  readonly done: (refusal: QuorateError | null) => void
}

interface Ready {
  readonly index: Index
  readonly readers: readonly Reader[]
}

export class Reads {
  readonly #limits: GroupLimits
  #gathering: Reader[] = []
  readonly #asked = new Map<ReadId, Reader[]>()
  /** Confirmed by a quorum, waiting for the state; indexes ascend because commit indexes do. */
  #ready: Ready[] = []
  #nextId = 1
  #count = 0
  #retryAt = 0 as Instant

  constructor(limits: GroupLimits = GROUP_LIMITS) {
    this.#limits = limits
  }

  get count(): number {
    return this.#count
  }

  gauge(): Gauge {
    const { pendingReadsMax: max } = this.#limits
    return { name: 'group: reads that wait', value: this.#count, max, empties: true }
  }

  add(deadline: Instant, done: (refusal: QuorateError | null) => void): void {
    if (this.#count >= this.#limits.pendingReadsMax) {
      probe('group: too many reads were waiting')
      done(new QuorateError(ReplicaErrors.overloaded, 'too many reads are waiting'))
      return
    }
    this.#count++
    this.#gathering.push({ deadline, done })
  }

  /** The id to ask the core for on behalf of everyone who came since the last call, if anyone did. */
  take(now: Instant): ReadId | undefined {
    if (this.#gathering.length === 0 || now < this.#retryAt) return undefined
    const id = this.#nextId++ as ReadId
    this.#asked.set(id, this.#gathering)
    this.#gathering = []
    return id
  }

  retryNow(): void {
    this.#retryAt = 0 as Instant
  }

  retryAt(): Instant {
    return this.#gathering.length === 0 ? NEVER : this.#retryAt
  }

  readable(ids: readonly ReadId[], index: Index, applied: Index): void {
    for (const id of ids) {
      const readers = this.#asked.get(id)
      if (readers === undefined) continue
      this.#asked.delete(id)
      if (index <= applied || bug('read-before-apply')) this.#serve(readers)
      else this.#ready.push({ index, readers })
    }
  }

  unreadable(ids: readonly ReadId[], now: Instant): void {
    for (const id of ids) {
      const readers = this.#asked.get(id)
      if (readers === undefined) continue
      this.#asked.delete(id)
      probe('group: readers had to ask again')
      this.#gathering.push(...readers)
    }
    this.#retryAt = addMs(now, RETRY_DELAY_MS)
  }

  applied(index: Index): void {
    if (this.#ready.length === 0) return
    const served = this.#ready.filter(ready => ready.index <= index)
    if (served.length === 0) return
    this.#ready = this.#ready.filter(ready => ready.index > index)
    for (const ready of served) this.#serve(ready.readers)
  }

  expire(now: Instant): void {
    const expired: Reader[] = []
    const alive = (reader: Reader): boolean => {
      if (reader.deadline > now) return true
      expired.push(reader)
      return false
    }
    this.#gathering = this.#gathering.filter(alive)
    for (const [id, readers] of this.#asked) {
      if (!readers.some(reader => reader.deadline <= now)) continue
      this.#asked.set(id, readers.filter(alive))
    }
    this.#ready = this.#ready.map(({ index, readers }) => ({ index, readers: readers.filter(alive) }))
    this.#refuse(expired, ReplicaErrors.timeout, 'the read could not be confirmed before its deadline')
  }

  stop(): void {
    const all = [this.#gathering, ...this.#asked.values(), ...this.#ready.map(ready => ready.readers)].flat()
    this.#gathering = []
    this.#asked.clear()
    this.#ready = []
    this.#refuse(all, ReplicaErrors.stopping, 'the node is stopping')
  }

  #serve(readers: readonly Reader[]): void {
    this.#count -= readers.length
    for (const reader of readers) reader.done(null)
  }

  #refuse(readers: readonly Reader[], code: string, message: string): void {
    this.#count -= readers.length
    for (const reader of readers) reader.done(new QuorateError(code, message))
  }
}
