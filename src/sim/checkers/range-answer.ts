/**
 * Whether a range's answer is what etcd answers in a state, or may be where the state is not wholly known. Pairs
 * that are equal in what an answer is sorted by may come in any order.
 */
import { CompareResult, SortOrder, SortTarget } from '../../machines/kv/types.ts'
import type { KeyValue, RangeRequest, RangeResponse } from './history.ts'
import { textOf } from './json-codec.ts'
import { contains, type KeyState, mayBeEqual, type Pair, pairOf, type Span } from './key-timelines.ts'
import { demand } from './mismatch.ts'

/** The keys of a span with what they are; `isClosed`: there are no others. */
export interface SpanState {
  readonly span: Span
  readonly keys: readonly string[]
  readonly states: readonly KeyState[]
  readonly isClosed: boolean
}

export function checkRangeAnswer(request: RangeRequest, response: RangeResponse, state: SpanState): void {
  const { kvs } = response
  demand(!request.countOnly || kvs.length === 0, () => 'asked for the count only')
  const seen = new Map<string, Pair>()
  for (const kv of kvs) {
    const key = textOf(kv.key)
    demand(contains(state.span, key), () => `${show(key)} was not asked for`)
    demand(!seen.has(key), () => `${show(key)} is there twice`)
    demand(!request.keysOnly || kv.value.length === 0, () => 'asked for keys only')
    seen.set(key, seenPair(request, kv))
  }
  checkPairs(state, seen)
  const rows = state.isClosed ? rowsOf(request, state) : undefined
  if (rows === undefined) checkPartly(request, response, state, seen)
  else checkWholly(request, response, rows)
}

/** A pair as an answer tells of it: without its value if keys only were asked for. */
export function seenPair(request: RangeRequest, kv: KeyValue): Pair {
  const pair = pairOf(kv)
  return request.keysOnly ? { ...pair, value: undefined } : pair
}

/** Every pair of the answer is what is known of it. */
function checkPairs({ keys, states }: SpanState, seen: ReadonlyMap<string, Pair>): void {
  for (const [i, key] of keys.entries()) {
    const state = states[i]
    const pair = seen.get(key)
    if (state === undefined || pair === undefined) continue
    demand(state !== null, () => `${show(key)} did not exist`)
    demand(mayBeEqual(state, pair), () => `${show(key)} was ${showPair(state)}`)
  }
}

interface Row {
  readonly key: string
  readonly pair: Pair
}

/** In key order. Undefined if something that matters is not known. */
function rowsOf(request: RangeRequest, { keys, states }: SpanState): Row[] | undefined {
  const rows: Row[] = []
  const needsAll = request.sortTarget !== SortTarget.key || hasFilters(request)
  for (const [i, key] of keys.entries()) {
    const pair = states[i]
    if (pair === undefined) return undefined
    if (pair === null) continue
    if (needsAll && (pair.create === undefined || pair.version === undefined || pair.value === undefined)) {
      return undefined
    }
    rows.push({ key, pair })
  }
  return rows
}

function checkWholly(request: RangeRequest, response: RangeResponse, rows: readonly Row[]): void {
  demand(response.count === rows.length, () => `there were ${rows.length} keys`)
  const { limit, countOnly, sortOrder } = request
  // What sorts by a target alone sorts the first `limit` + 1 keys only, unless there are filters.
  const isCutFirst = limit > 0 && sortOrder === SortOrder.none && !hasFilters(request)
  const kept = (isCutFirst ? rows.slice(0, limit + 1) : rows).filter(row => isKept(request, row.pair))
  const isMore = !countOnly && limit > 0 && kept.length > limit
  demand(response.more === isMore, () => `more is ${response.more}`)
  const sorted = kept.sort((a, b) => compareRows(request, a, b))
  const expected = countOnly ? [] : isMore ? sorted.slice(0, limit) : sorted
  const { kvs } = response
  const missing = expected.length === kvs.length ? undefined : expected.find(row => !hasKey(kvs, row.key))
  demand(missing === undefined, () => `${show(missing!.key)} is missing`)
  demand(kvs.length === expected.length, () => `${expected.length} pairs were to be answered`)
  for (const [i, kv] of kvs.entries()) {
    const key = textOf(kv.key)
    const { pair } =
      key === expected[i]!.key ? expected[i]! : (kept.find(row => row.key === key) ?? { pair: undefined })
    demand(pair !== undefined, () => `${show(key)} does not belong there`)
    demand(compareRows(request, { key, pair }, expected[i]!) === 0, () => `${show(key)} is out of order`)
  }
}

/** Counts and gaps as far as they can be told. */
function checkPartly(
  request: RangeRequest,
  response: RangeResponse,
  { keys, states, isClosed }: SpanState,
  seen: ReadonlyMap<string, Pair>,
): void {
  let present = 0
  let possible = 0
  const isPlain = !request.countOnly && request.limit <= 0 && !hasFilters(request)
  for (const [i, key] of keys.entries()) {
    const state = states[i]
    if (state !== null) possible++
    if (!state) continue
    present++
    demand(!isPlain || seen.has(key), () => `${show(key)} is missing`)
  }
  demand(response.count >= present, () => `there were at least ${present} keys`)
  demand(!isClosed || response.count <= possible, () => `there were at most ${possible} keys`)
  demand(
    !isPlain || (response.count === seen.size && !response.more),
    () => `${seen.size} pairs were answered`,
  )
  demand(response.count >= seen.size, () => `${seen.size} pairs were answered`)
}

function compareRows({ sortOrder, sortTarget }: RangeRequest, a: Row, b: Row): number {
  const [left, right] = [sortFieldOf(sortTarget, a), sortFieldOf(sortTarget, b)]
  const order = left < right ? -1 : left > right ? 1 : 0
  return sortOrder === SortOrder.descend ? -order : order
}

function sortFieldOf(target: number, { key, pair }: Row): string | number {
  switch (target) {
    case SortTarget.version:
      return pair.version!
    case SortTarget.create:
      return pair.create!
    case SortTarget.mod:
      return pair.mod
    case SortTarget.value:
      return pair.value!
    default:
      return key
  }
}

function hasFilters(request: RangeRequest): boolean {
  const { minModRevision, maxModRevision, minCreateRevision, maxCreateRevision } = request
  return minModRevision !== 0 || maxModRevision !== 0 || minCreateRevision !== 0 || maxCreateRevision !== 0
}

function isKept(request: RangeRequest, { mod, create }: Pair): boolean {
  if (!hasFilters(request)) return true
  return (
    isWithin(mod, request.minModRevision, request.maxModRevision) &&
    isWithin(create!, request.minCreateRevision, request.maxCreateRevision)
  )
}

function isWithin(revision: number, min: number, max: number): boolean {
  return (min === 0 || revision >= min) && (max === 0 || revision <= max)
}

function hasKey(kvs: readonly KeyValue[], key: string): boolean {
  return kvs.some(kv => textOf(kv.key) === key)
}

/** Whether a comparison of a transaction holds; undefined if that is not known. */
export function compares<T extends number | bigint | string>(
  left: T | undefined,
  result: number,
  right: T,
): boolean | undefined {
  if (left === undefined) return undefined
  switch (result) {
    case CompareResult.equal:
      return left === right
    case CompareResult.greater:
      return left > right
    case CompareResult.less:
      return left < right
    case CompareResult.notEqual:
      return left !== right
    default:
      return true
  }
}

/** A key or a value in a sentence. */
export function show(text: string): string {
  return JSON.stringify(text)
}

export function showPair({ mod, create, version, value, lease }: Pair): string {
  const parts = [`mod revision ${mod}`]
  if (create !== undefined) parts.push(`create revision ${create}`)
  if (version !== undefined) parts.push(`version ${version}`)
  if (value !== undefined) parts.push(`value ${show(value)}`)
  if (lease !== undefined && lease !== 0n) parts.push(`lease ${lease}`)
  return parts.join(', ')
}
