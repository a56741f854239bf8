/**
 * Where answers show a pair, they tell what its revision wrote, and that nothing touched the key from there until it
 * was seen. These are facts, whatever else is unknown, and they must fit together.
 */
import type {
  KeyValue,
  RangeRequest,
  RangeResponse,
  RequestOp,
  ResponseOp,
  StoreOperation,
  StoreRequest,
  StoreResponse,
} from './history.ts'
import { revisionOf } from './history.ts'
import { textOf } from './json-codec.ts'
import { joined, mayBeEqual, type Pair, pairOf } from './key-timelines.ts'
import { Problem } from './problem.ts'
import { seenPair, show, showPair } from './range-answer.ts'

/** A pair that stood from its mod revision to `until` at least. */
export interface Sighting {
  readonly key: string
  readonly pair: Pair
  readonly until: number
  readonly by: StoreOperation
}

export class Sightings {
  /** Of each key, by ascending mod revision. */
  readonly #byKey = new Map<string, Sighting[]>()
  readonly #byRevision = new Map<number, Sighting[]>()

  /** Throws `Problem` if they contradict each other. */
  constructor(operations: Iterable<StoreOperation>) {
    const found = new Map<string, Map<number, Sighting>>()
    for (const operation of operations) {
      for (const sighting of sightingsOf(operation)) {
        addTo(found, sighting)
        const { pair, key } = sighting
        if (pair.create === undefined || pair.create === pair.mod) continue
        // Its first version was put at its create revision.
        const first = {
          mod: pair.create,
          create: pair.create,
          version: 1,
          value: undefined,
          lease: undefined,
        }
        addTo(found, { key, pair: first, until: first.mod, by: operation })
      }
    }
    for (const [key, byRevision] of found) {
      const sightings = [...byRevision.values()].sort((a, b) => a.pair.mod - b.pair.mod)
      for (const [i, sighting] of sightings.entries()) {
        if (i > 0) checkNeighbours(sightings[i - 1]!, sighting)
        const others = this.#byRevision.get(sighting.pair.mod)
        if (others === undefined) this.#byRevision.set(sighting.pair.mod, [sighting])
        else others.push(sighting)
      }
      this.#byKey.set(key, sightings)
    }
  }

  get keys(): Iterable<string> {
    return this.#byKey.keys()
  }

  get revisions(): Iterable<number> {
    return this.#byRevision.keys()
  }

  /** What was written at a revision. */
  at(revision: number): readonly Sighting[] {
    return this.#byRevision.get(revision) ?? []
  }

  /** Whether the key is known to have stood untouched before this revision and at it. */
  isUntouched(key: string, revision: number): boolean {
    const before = this.#around(key, revision).before
    return before !== undefined && before.until >= revision
  }

  /** Whether the key existed all the while before this revision and at it. */
  isAlive(key: string, revision: number): boolean {
    const { after } = this.#around(key, revision)
    const created = after?.pair.create
    return this.isUntouched(key, revision) || (created !== undefined && created < revision)
  }

  /** Whether a put at this revision would be one version too many. */
  isCounted(key: string, revision: number): boolean {
    const { before, after } = this.#around(key, revision)
    if (this.isUntouched(key, revision)) return true
    if (before === undefined || after === undefined || after.pair.mod === revision) return false
    if (before.pair.create === undefined || before.pair.create !== after.pair.create) return false
    return after.pair.version === (before.pair.version ?? Number.NaN) + 1
  }

  /** The first of a key that was written after a revision. */
  next(key: string, revision: number): Sighting | undefined {
    return this.#around(key, revision + 1).after
  }

  /** The last revision before this one of which all is known that it wrote to the key; 0 if there is none. */
  knownSince(key: string, revision: number): number {
    const sightings = this.#byKey.get(key) ?? []
    for (let at = this.#firstAtOrAfter(sightings, revision) - 1; at >= 0; at--) {
      const { mod, create, version, value, lease } = sightings[at]!.pair
      const isKnown =
        create !== undefined && version !== undefined && value !== undefined && lease !== undefined
      if (isKnown) return mod
    }
    return 0
  }

  /** The last that was written before a revision, and the first at it or after. */
  #around(key: string, revision: number): { before: Sighting | undefined; after: Sighting | undefined } {
    const sightings = this.#byKey.get(key) ?? []
    const at = this.#firstAtOrAfter(sightings, revision)
    return { before: sightings[at - 1], after: sightings[at] }
  }

  #firstAtOrAfter(sightings: readonly Sighting[], revision: number): number {
    let low = 0
    let high = sightings.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (sightings[middle]!.pair.mod < revision) low = middle + 1
      else high = middle
    }
    return low
  }
}

function addTo(found: Map<string, Map<number, Sighting>>, sighting: Sighting): void {
  const { key, pair, until, by } = sighting
  let ofKey = found.get(key)
  if (ofKey === undefined) found.set(key, (ofKey = new Map()))
  const other = ofKey.get(pair.mod)
  if (other === undefined) {
    ofKey.set(pair.mod, sighting)
    return
  }
  if (!mayBeEqual(other.pair, pair)) {
    throw new Problem(`revision ${pair.mod} of ${show(key)} is seen with ${difference(other.pair, pair)}`, [
      other.by,
      by,
    ])
  }
  const isLater = until > other.until
  ofKey.set(pair.mod, {
    key,
    pair: joined(other.pair, pair),
    until: isLater ? until : other.until,
    by: isLater ? by : other.by,
  })
}

function difference(a: Pair, b: Pair): string {
  return `${showPair(a)}, and with ${showPair(b)}`
}

function checkNeighbours(a: Sighting, b: Sighting): void {
  const { key } = a
  const names = `${show(key)} at revision ${b.pair.mod}`
  if (b.pair.mod <= a.until) {
    throw new Problem(`${names} was written, but seen unwritten since ${a.pair.mod} at ${a.until}`, [
      a.by,
      b.by,
    ])
  }
  const created = b.pair.create
  if (created === undefined || a.pair.create === undefined) return
  if (created !== a.pair.create) {
    if (created > a.pair.mod) return
    throw new Problem(
      `${names} is of create revision ${created}, but was created again at ${a.pair.create}`,
      [a.by, b.by],
    )
  }
  if (a.pair.version === undefined || b.pair.version === undefined) return
  const puts = b.pair.version - a.pair.version
  if (puts >= 1 && puts <= b.pair.mod - a.pair.mod) return
  const after = `after version ${a.pair.version} at revision ${a.pair.mod}`
  throw new Problem(`${names} is version ${b.pair.version}, ${after}`, [a.by, b.by])
}

/** Throws `Problem` for a pair that cannot be, wherever it is. */
function sightingsOf(by: StoreOperation): Sighting[] {
  if (by.outcome.kind !== 'done') return []
  const found: Sighting[] = []
  const { response } = by.outcome
  const now = revisionOf(response)
  const mayBeHalfway = by.request.kind === 'txn'
  const see = (pair: Pair, kv: KeyValue, until: number): void => {
    const key = textOf(kv.key)
    checkAlone(key, pair, now, by)
    // What a transaction saw of its own changes, it may have changed again.
    if (mayBeHalfway && pair.mod === now && until < now) return
    found.push({ key, pair, until: Math.max(pair.mod, until), by })
  }
  collect(by.request, response, now, see)
  return found
}

type See = (pair: Pair, kv: KeyValue, until: number) => void

function collect(request: StoreRequest, response: StoreResponse, now: number, see: See): void {
  if (request.kind === 'range' && response.kind === 'range')
    collectRange(request.range, response.range, now, see)
  else if (response.kind !== 'range' && response.kind !== 'compact' && response.kind !== 'leaseRevoke') {
    collectOp(request as RequestOp, response, now, see)
  }
}

/** What a request that may change something sees, it may see before its changes. */
function collectOp(op: RequestOp, response: ResponseOp, now: number, see: See): void {
  if (response.kind === 'put') {
    const { prevKv } = response.put
    if (prevKv !== undefined) see(pairOf(prevKv), prevKv, now - 1)
  } else if (response.kind === 'deleteRange') {
    for (const kv of response.deleteRange.prevKvs) see(pairOf(kv), kv, now - 1)
  } else if (response.kind === 'range' && op.kind === 'range') {
    collectRange(op.range, response.range, now - 1, see)
  } else if (response.kind === 'txn' && op.kind === 'txn') {
    const taken = response.txn.succeeded ? op.txn.success : op.txn.failure
    for (const [i, inner] of response.txn.responses.entries()) {
      const asked = taken[i]
      if (asked !== undefined) collectOp(asked, inner, now, see)
    }
  }
}

function collectRange(request: RangeRequest, response: RangeResponse, newest: number, see: See): void {
  const until = request.revision > 0 ? Math.min(request.revision, newest) : newest
  for (const kv of response.kvs) see(seenPair(request, kv), kv, until)
}

function checkAlone(key: string, pair: Pair, now: number, by: StoreOperation): void {
  const { mod, create, version } = pair
  const problem =
    mod > now
      ? `is of revision ${mod}, but was seen at ${now}`
      : create! < 1 || create! > mod || version! < 1 || (version === 1) !== (create === mod)
        ? 'cannot be'
        : version! > mod - create! + 1
          ? 'has more versions than revisions'
          : undefined
  if (problem !== undefined) throw new Problem(`${show(key)} with ${showPair(pair)} ${problem}`, [by])
}
