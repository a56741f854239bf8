/**
 * The history once through, by revision, with everything checked that is certain. A revision that nobody was told of
 * leaves the keys that it may have changed unknown until an answer tells; what is unknown accuses nobody.
 */
import { isChange } from './footprint.ts'
import { revisionOf, type StoreOperation } from './history.ts'
import { textOf } from './json-codec.ts'
import { EVERYTHING, joined, type KeyState, KeyTimelines, mayBeEqual, pairOf } from './key-timelines.ts'
import { Mismatch } from './mismatch.ts'
import { Problem } from './problem.ts'
import { show, showPair } from './range-answer.ts'
import { candidatesOf, type StoreFacts, type Unknown } from './store-facts.ts'
import { StoreStep, Unforeseeable } from './store-step.ts'

/** A revision that nobody was told of, and who may have written it. */
export interface Gap {
  readonly revision: number
  readonly candidates: readonly Unknown[]
}

export interface Replayed {
  readonly keys: KeyTimelines
  readonly gaps: readonly Gap[]
}

/**
 * Throws `Problem` for what cannot be.
 *
 * @param isWhole whether nobody but the clients of the history wrote. Otherwise any revision may be of others.
 */
export function replay(facts: StoreFacts, isWhole: boolean): Replayed {
  const keys = initialTimelines(facts)
  const gaps = isWhole ? gapsOf(facts, keys) : []
  const gapAt = new Map(gaps.map(gap => [gap.revision, gap]))
  let before = facts.initial.revision
  for (const revision of revisionsOf(facts, gaps)) {
    if (revision > before + 1) blurEverything(facts, keys, revision - 1)
    before = revision
    const write = facts.writes.get(revision)
    if (write !== undefined) perform(keys, write, revision)
    else if (revision > facts.initial.revision) {
      const gap = gapAt.get(revision)
      if (gap === undefined) blurEverything(facts, keys, revision)
      else fill(facts, keys, gap)
    }
    settle(facts, keys, revision, write !== undefined)
    for (const read of facts.reads.get(revision) ?? []) perform(keys, read, revision)
  }
  return { keys, gaps }
}

export function initialTimelines({ keys, initial }: StoreFacts): KeyTimelines {
  const timelines = new KeyTimelines(keys, initial.revision)
  for (const kv of initial.kvs) timelines.set(textOf(kv.key), initial.revision, pairOf(kv))
  return timelines
}

/** Those at which something is known to have happened. */
function revisionsOf({ initial, writes, reads, sightings }: StoreFacts, gaps: readonly Gap[]): number[] {
  const revisions = new Set([initial.revision, ...writes.keys(), ...reads.keys(), ...sightings.revisions])
  for (const { revision } of gaps) revisions.add(revision)
  return [...revisions].filter(revision => revision >= initial.revision).sort((a, b) => a - b)
}

/** Of a whole history: every revision that is no acknowledged write's. */
function gapsOf(facts: StoreFacts, keys: KeyTimelines): Gap[] {
  const { writes, initial, last, unknowns } = facts
  const missing =
    last - initial.revision - [...writes.keys()].filter(revision => revision > initial.revision).length
  if (missing > unknowns.length) {
    const most = last - missing + unknowns.length
    const seen = facts.operations.filter(
      ({ outcome }) => outcome.kind === 'done' && revisionOf(outcome.response) > most,
    )
    throw new Problem(
      `revision ${last} was answered, but no more writes were made than for ${most}`,
      seen.slice(0, 1),
    )
  }
  const gaps: Gap[] = []
  for (let revision = initial.revision + 1; revision <= last; revision++) {
    if (!writes.has(revision)) gaps.push({ revision, candidates: candidatesOf(facts, keys, revision) })
  }
  return narrowed(facts, gaps)
}

/** What alone can have written one revision did not write another. */
function narrowed(facts: StoreFacts, gaps: readonly Gap[]): Gap[] {
  const open: { readonly revision: number; candidates: readonly Unknown[] }[] = gaps.map(gap => ({ ...gap }))
  const spoken = new Map<Unknown, number>()
  for (let hasChanged = true; hasChanged; ) {
    hasChanged = false
    for (const gap of open) {
      const { revision } = gap
      const left = gap.candidates.filter(each => (spoken.get(each) ?? revision) === revision)
      if (left.length === 0)
        throw new Problem(`nobody can have written revision ${revision}`, witnesses(facts, gap))
      if (left.length < gap.candidates.length) gap.candidates = left
      if (left.length > 1 || spoken.has(left[0]!)) continue
      spoken.set(left[0]!, revision)
      hasChanged = true
    }
  }
  return open
}

/** Whoever was told of a revision or a later one first, and those who cannot have written it though they tried. */
function witnesses(facts: StoreFacts, { revision, candidates }: Gap): StoreOperation[] {
  const later = [
    ...facts.writes,
    ...[...facts.reads].flatMap(([at, reads]) => reads.map(read => [at, read] as const)),
  ]
    .filter(([at]) => at >= revision)
    .sort(([a], [b]) => a - b)
  return [...later.slice(0, 1).map(([, operation]) => operation), ...candidates.map(each => each.operation)]
}

function fill(facts: StoreFacts, keys: KeyTimelines, { revision, candidates }: Gap): void {
  const [only, another] = candidates
  if (another !== undefined || only === undefined) return blur(facts, keys, revision, candidates)
  const step = new StoreStep(keys, revision - 1)
  try {
    step.run(only.operation.request, undefined)
  } catch (error) {
    if (error instanceof Unforeseeable) return blur(facts, keys, revision, candidates)
    if (!(error instanceof Mismatch)) throw error
    throw new Problem(`nobody else can have written revision ${revision}, but ${error.message}`, [
      only.operation,
    ])
  }
  if (step.changed) return
  throw new Problem(`nobody else can have written revision ${revision}, but it changed nothing`, [
    only.operation,
  ])
}

function blurEverything(facts: StoreFacts, keys: KeyTimelines, revision: number): void {
  keys.openAt(revision)
  for (const key of keys.keysOf(EVERYTHING)) blurKey(facts, keys, revision, key)
}

function blur(facts: StoreFacts, keys: KeyTimelines, revision: number, by: readonly Unknown[]): void {
  const touched = new Set(by.flatMap(({ touches }) => touches.flatMap(span => keys.keysOf(span))))
  for (const key of touched) blurKey(facts, keys, revision, key)
}

function blurKey({ sightings }: StoreFacts, keys: KeyTimelines, revision: number, key: string): void {
  if (!sightings.isUntouched(key, revision)) keys.set(key, revision, undefined)
}

/** What was seen of this revision, it wrote. */
export function settle(facts: StoreFacts, keys: KeyTimelines, revision: number, isKnown: boolean): void {
  for (const { key, pair, by } of facts.sightings.at(revision)) {
    const state: KeyState = keys.get(key, revision)
    if (state === undefined && !isKnown) {
      keys.set(key, revision, pair)
      continue
    }
    if (!state || !mayBeEqual(state, pair)) {
      const write = facts.writes.get(revision)
      const wrote = state?.mod === revision ? `wrote ${showPair(state)}` : 'did not write it'
      const message = `${show(key)} was seen with ${showPair(pair)}, but revision ${revision} ${wrote}`
      throw new Problem(message, write === undefined ? [by] : [write, by])
    }
    if (state.version === undefined || state.create === undefined || state.value === undefined) {
      keys.set(key, revision, joined(state, pair))
    }
  }
}

/** Throws `Problem` if the answer of the operation cannot be. */
export function perform(keys: KeyTimelines, operation: StoreOperation, revision: number): void {
  const { request, outcome } = operation
  if (outcome.kind !== 'done') return
  const wrote = isChange(request, outcome.response) === true
  const step = new StoreStep(keys, wrote ? revision - 1 : revision)
  try {
    step.run(request, outcome.response)
  } catch (error) {
    if (!(error instanceof Mismatch)) throw error
    throw new Problem(`at revision ${revision}, ${error.message}`, [operation])
  }
  if (step.changed !== wrote) {
    throw new Problem(`at revision ${revision}, it must have changed something`, [operation])
  }
}
