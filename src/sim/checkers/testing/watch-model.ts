/** Clients that watch an ideal store over streams that break, and come back where they were. */
import { type Random, randomFromSeed } from '../../../core/prng.ts'
import type { CommittedLog } from '../committed-log.ts'
import type { WatchCreate, WatchResponse, WatchStream, WatchStreamEvent } from '../watch-record.ts'
import { bytesOf, ModelReplica, ModelStore } from './model-store.ts'
import { ModelWatchStream } from './watch-server.ts'

export interface WatchRecord {
  readonly log: CommittedLog
  readonly streams: readonly WatchStream[]
}

/** What one reader knows: where it is, and which watch it reads from. */
interface Reader {
  readonly name: string
  readonly create: WatchCreate
  /** The revision to go on with; 0: it has seen nothing and starts now. */
  next: number
  /** The highest revision in the parts of a response that is not whole yet. */
  highest: number
}

interface Connection {
  readonly server: ModelWatchStream
  readonly events: WatchStreamEvent[]
  readonly pending: Reader[]
  readonly readers: Map<bigint, Reader>
}

const RANGES = [
  ['a', ''],
  ['a', 'b'],
  ['b', '\0'],
  ['', '\0'],
  ['a/', 'a0'],
  ['c', ''],
] as const

class WatchModel {
  readonly #random: Random
  readonly #store = new ModelStore()
  readonly #replicas = [new ModelReplica(this.#store), new ModelReplica(this.#store)]
  readonly #streams: WatchStream[] = []
  readonly #orphans: Reader[] = []
  readonly #connections: Connection[]
  #now = 0
  #names = 0

  constructor(random: Random) {
    this.#random = random
    this.#connections = [this.#connect(), this.#connect()]
  }

  step(): void {
    this.#now++
    const random = this.#random
    const place = random.below(this.#connections.length)
    const connection = this.#connections[place]!
    const draw = random.below(100)
    if (draw < 25) this.#store.write(random, this.#now)
    else if (draw < 27) this.#store.compact(random, this.#now)
    else if (draw < 45) this.#replicas[random.below(2)]!.catchUp(1 + random.below(4))
    else if (draw < 51) this.#ask(connection)
    else if (draw < 52) this.#break(place)
    else if (draw < 80) connection.server.step()
    else this.#receive(connection)
  }

  /** Everything comes to rest. */
  settle(): WatchRecord {
    for (const connection of this.#connections) this.#create(connection)
    for (const { server } of this.#connections) server.handleAll()
    for (let i = 0; i < 3; i++) this.#store.write(this.#random, ++this.#now)
    for (const replica of this.#replicas) replica.catchUp(Number.POSITIVE_INFINITY)
    for (const connection of this.#connections) {
      connection.server.settle()
      while (connection.server.responses.length > 0) this.#receive(connection)
      this.#streams.push({ events: connection.events, settledAt: ++this.#now })
    }
    return { log: this.#store.log(), streams: this.#streams }
  }

  #connect(): Connection {
    const replica = this.#replicas[this.#random.below(this.#replicas.length)]!
    const server = new ModelWatchStream(replica, this.#random)
    return { server, events: [], pending: [], readers: new Map() }
  }

  #break(place: number): void {
    const { events, pending, readers } = this.#connections[place]!
    this.#streams.push({ events })
    this.#orphans.push(...pending, ...readers.values())
    this.#connections[place] = this.#connect()
  }

  #ask(connection: Connection): void {
    const draw = this.#random.below(10)
    const ids = [...connection.readers.keys()]
    if (draw < 5) this.#create(connection)
    else if (draw < 7) {
      connection.events.push({ kind: 'progress', at: ++this.#now })
      connection.server.requests.push({ kind: 'progress' })
    } else if (ids.length > 0) {
      const watchId = ids[this.#random.below(ids.length)]!
      connection.events.push({ kind: 'cancel', at: ++this.#now, watchId })
      connection.server.requests.push({ kind: 'cancel', watchId })
    }
  }

  #create(connection: Connection): void {
    const reader = this.#orphans.shift() ?? this.#newReader()
    reader.highest = 0
    const create = { ...reader.create, startRevision: reader.next }
    connection.pending.push(reader)
    connection.events.push({ kind: 'create', at: ++this.#now, create, reader: reader.name })
    connection.server.requests.push({ kind: 'create', create })
  }

  #newReader(): Reader {
    const random = this.#random
    const flag = () => random.chance(1, 2)
    const [key, rangeEnd] = random.chance(1, 20) ? ['b', 'a'] : RANGES[random.below(RANGES.length)]!
    const kinds = random.below(5)
    const create: WatchCreate = {
      watchId: random.chance(1, 4) ? BigInt(100 + random.below(3)) : 0n,
      startRevision: 0,
      key: bytesOf(key),
      rangeEnd: bytesOf(rangeEnd),
      noPut: kinds === 0,
      noDelete: kinds === 1,
      prevKv: flag(),
      progressNotify: flag(),
      fragment: flag(),
    }
    // From now, from somewhere in the past, from a revision to come, or from nowhere.
    const starts = [0, 1 + random.below(this.#store.revision), this.#store.revision + random.below(6)]
    const next = random.chance(1, 25) ? -1 : starts[random.below(starts.length)]!
    return { name: `r${++this.#names}`, create, next, highest: 0 }
  }

  #receive(connection: Connection): void {
    const response = connection.server.responses.shift()
    if (response === undefined) return
    connection.events.push({ kind: 'response', at: ++this.#now, response })
    if (response.created) {
      const reader = connection.pending.shift()!
      if (response.canceled) return
      connection.readers.set(response.watchId, reader)
      if (reader.next === 0) reader.next = response.revision + 1
    } else if (response.canceled) connection.readers.delete(response.watchId)
    else if (response.watchId < 0n)
      for (const reader of connection.readers.values())
        reader.next = Math.max(reader.next, response.revision + 1)
    else follow(connection.readers.get(response.watchId)!, response)
  }
}

/** Goes on behind what came whole. */
function follow(reader: Reader, { revision, events, fragment }: WatchResponse): void {
  if (events.length === 0) {
    reader.next = Math.max(reader.next, revision + 1)
    return
  }
  reader.highest = Math.max(reader.highest, ...events.map(({ kv }) => kv.modRevision))
  if (!fragment) reader.next = Math.max(reader.next, reader.highest + 1)
}

export function goodWatches(seed: number): WatchRecord {
  const model = new WatchModel(randomFromSeed(seed))
  for (let step = 0; step < 600; step++) model.step()
  return model.settle()
}
