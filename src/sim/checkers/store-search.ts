/**
 * Who wrote the revisions that nobody was told of? Tries the candidates of each in turn, with everything executed and
 * checked, and jumps back to the choices that have to do with what went wrong (conflict-directed backjumping: Prosser,
 * "Hybrid Algorithms for the Constraint Satisfaction Problem", 1993).
 */
import { footprintOf, rangesOf } from './footprint.ts'
import type { StoreOperation, StoreRequest } from './history.ts'
import { type KeyTimelines, overlap, type Span } from './key-timelines.ts'
import { Mismatch } from './mismatch.ts'
import { Problem } from './problem.ts'
import { show, showPair } from './range-answer.ts'
import type { StoreFacts, Unknown } from './store-facts.ts'
import { Forecasts } from './store-forecast.ts'
import { type Gap, initialTimelines, perform, settle } from './store-replay.ts'
import { StoreStep, Unforeseeable } from './store-step.ts'

export type SearchResult =
  | { readonly kind: 'explained' }
  /** `problem` is what the choice came to that went farthest. */
  | { readonly kind: 'inexplicable'; readonly problem: Problem }
  | { readonly kind: 'undecided' }

interface Choice {
  readonly gap: Gap
  /** Spans that any of its candidates may change. */
  readonly touches: readonly Span[]
  tried: number
  chosen: Unknown | undefined
  /** Earlier choices that what went wrong here depends on. */
  readonly conflicts: Set<number>
}

interface Failure {
  readonly problem: Problem
  /** What it depends on. */
  readonly footprint: readonly Span[]
  /** As it was at this revision; without it, at that of the choice. */
  readonly asOf?: number
  /** The one key that it depends on was put too often, or cannot be put often enough any more. */
  readonly puts?: 'tooMany' | 'tooFew'
}

/** What was in a span is to blame, and there nothing up to a revision: that is known by itself. */
interface Blamed {
  readonly span: Span
  readonly since: number
}

/** @param stepsMax how many operations to execute before giving up. */
export function search(facts: StoreFacts, gaps: readonly Gap[], stepsMax: number): SearchResult {
  return new Search(facts, gaps, stepsMax).run()
}

class Search {
  readonly #facts: StoreFacts
  readonly #keys: KeyTimelines
  readonly #choices: Choice[]
  readonly #forecasts: Forecasts
  readonly #usedBy = new Map<Unknown, number>()
  #stepsLeft: number
  #deepest = -1
  #problem = new Problem('nothing was tried', [])

  constructor(facts: StoreFacts, gaps: readonly Gap[], stepsMax: number) {
    this.#facts = facts
    this.#keys = initialTimelines(facts)
    this.#forecasts = new Forecasts(facts, gaps)
    this.#stepsLeft = stepsMax
    this.#choices = gaps.map(gap => ({
      gap,
      touches: spansOf(gap.candidates.map(each => each.touches)),
      tried: 0,
      chosen: undefined,
      conflicts: new Set(),
    }))
  }

  run(): SearchResult {
    const begin = this.#advance(this.#facts.initial.revision, this.#firstGap(0))
    if (begin !== undefined) return { kind: 'inexplicable', problem: begin.problem }
    let depth = 0
    while (depth < this.#choices.length) {
      const outcome = this.#choose(depth)
      if (outcome === 'gaveUp') return { kind: 'undecided' }
      if (outcome === 'chosen') {
        depth++
        continue
      }
      const back = this.#retreat(depth)
      if (back === undefined) return { kind: 'inexplicable', problem: this.#problem }
      depth = back
    }
    return { kind: 'explained' }
  }

  /** Tries the next candidates of a gap until what follows, up to the next gap, fits. */
  #choose(depth: number): 'chosen' | 'exhausted' | 'gaveUp' {
    const choice = this.#choices[depth]!
    const { revision, candidates } = choice.gap
    while (choice.tried < candidates.length) {
      if (this.#stepsLeft <= 0) return 'gaveUp'
      const candidate = candidates[choice.tried++]!
      const user = this.#usedBy.get(candidate)
      if (user !== undefined) {
        choice.conflicts.add(user)
        continue
      }
      const failure =
        this.#try(candidate, revision) ??
        this.#foresee(depth, revision) ??
        this.#advance(revision, this.#firstGap(depth + 1))
      if (failure === undefined) {
        choice.chosen = candidate
        this.#usedBy.set(candidate, depth)
        return 'chosen'
      }
      this.#keys.undoFrom(revision)
      this.#blame(depth, failure, candidate)
      if (depth >= this.#deepest) {
        this.#deepest = depth
        this.#problem = failure.problem
      }
    }
    return 'exhausted'
  }

  /** All that changed what a failure depends on, or might have, may be to blame, and in turn what that depended on. */
  #blame(depth: number, failure: Failure, candidate: Unknown): void {
    const { conflicts, gap } = this.#choices[depth]!
    const { footprint, puts, asOf = gap.revision } = failure
    const direct = this.#blamed(footprint, Math.min(asOf, gap.revision))
    const blamed = this.#blamed(candidate.conditions, gap.revision)
    if (puts === undefined) blamed.push(...direct)
    for (let at = depth - 1; at >= 0; at--) {
      const earlier = this.#choices[at]!
      const isDirect =
        puts !== undefined && isToBlame(earlier, direct) && hasCounted(earlier.chosen!, direct, puts)
      if (!isDirect && !isToBlame(earlier, blamed)) continue
      conflicts.add(at)
      blamed.push(...this.#blamed(earlier.chosen!.conditions, earlier.gap.revision))
    }
  }

  #blamed(spans: readonly Span[], revision: number): Blamed[] {
    const { sightings } = this.#facts
    return spans.map(span => ({ span, since: span.isSingle ? sightings.knownSince(span.from, revision) : 0 }))
  }

  /** Takes choices back to the last that matters; undefined if there is none. */
  #retreat(depth: number): number | undefined {
    const { conflicts } = this.#choices[depth]!
    let back = -1
    for (const at of conflicts) if (at > back) back = at
    if (back < 0) return undefined
    const culprit = this.#choices[back]!
    for (const at of conflicts) if (at < back) culprit.conflicts.add(at)
    for (let at = depth; at >= back; at--) {
      const choice = this.#choices[at]!
      if (choice.chosen !== undefined) this.#usedBy.delete(choice.chosen)
      choice.chosen = undefined
      if (at === back) continue
      choice.tried = 0
      choice.conflicts.clear()
    }
    this.#keys.undoFrom(culprit.gap.revision)
    return back
  }

  #try(candidate: Unknown, revision: number): Failure | undefined {
    this.#stepsLeft--
    const { operation, footprint } = candidate
    const step = new StoreStep(this.#keys, revision - 1)
    try {
      step.run(operation.request, undefined)
    } catch (error) {
      if (!(error instanceof Mismatch) && !(error instanceof Unforeseeable)) throw error
      return { problem: new Problem(`at revision ${revision}, ${error.message}`, [operation]), footprint }
    }
    if (step.changed) return undefined
    return {
      problem: new Problem(`revision ${revision} was written, but not by this`, [operation]),
      footprint,
    }
  }

  /** Whether every key can still come to be what will be seen of it. */
  #foresee(gap: number, revision: number): Failure | undefined {
    const found = this.#forecasts.contradicted(gap, revision, this.#keys)
    if (found === undefined) return undefined
    const { key, puts } = found
    const next = this.#facts.sightings.next(key, revision)!
    const message = `behind revision ${revision}, ${show(key)} cannot come to be ${showPair(next.pair)}`
    return { problem: new Problem(message, [next.by]), footprint: [single(key)], ...(puts && { puts }) }
  }

  /** Executes and checks what is known, from what was read at a revision to what comes before the next gap. */
  #advance(from: number, end: number): Failure | undefined {
    const { writes, reads, sightings, initial } = this.#facts
    for (let revision = from; revision < end; revision++) {
      const write = writes.get(revision)
      if (write !== undefined && revision > initial.revision) {
        const failure = this.#perform(write, revision)
        if (failure !== undefined) return failure
      }
      try {
        settle(this.#facts, this.#keys, revision, true)
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        return { problem: error, footprint: sightings.at(revision).map(({ key }) => single(key)) }
      }
      for (const read of reads.get(revision) ?? []) {
        const failure = this.#perform(read, revision)
        if (failure !== undefined) return failure
      }
    }
    return undefined
  }

  #perform(operation: StoreOperation, revision: number): Failure | undefined {
    this.#stepsLeft--
    try {
      perform(this.#keys, operation, revision)
      return undefined
    } catch (error) {
      if (!(error instanceof Problem)) throw error
      const { request } = operation
      return { problem: error, footprint: footprintOf(request), asOf: oldestRead(request, revision) }
    }
  }

  #firstGap(depth: number): number {
    return this.#choices[depth]?.gap.revision ?? this.#facts.last + 1
  }
}

function isToBlame({ touches, gap }: Choice, blamed: readonly Blamed[]): boolean {
  return blamed.some(
    ({ span, since }) => gap.revision > since && touches.some(touched => overlap(touched, span)),
  )
}

/** Where a key was put too often, those who may have put it count; where not often enough, those who may not have. */
function hasCounted(
  { touches, conditions }: Unknown,
  blamed: readonly Blamed[],
  puts: 'tooMany' | 'tooFew',
): boolean {
  const isTouching = touches.some(touched => blamed.some(({ span }) => overlap(touched, span)))
  if (puts === 'tooMany') return isTouching
  // With conditions, it may not have done what it may do.
  return !isTouching || conditions.length > 0
}

/** What is known of a key by now says nothing of the past that a request reads. */
function oldestRead(request: StoreRequest, current: number): number {
  return Math.min(current, ...rangesOf(request).flatMap(({ revision }) => (revision > 0 ? revision : [])))
}

function spansOf(all: readonly (readonly Span[])[]): Span[] {
  const distinct = new Map<string, Span>()
  for (const span of all.flat()) distinct.set(`${span.isSingle}${JSON.stringify([span.from, span.to])}`, span)
  return [...distinct.values()]
}

function single(key: string): Span {
  return { from: key, to: undefined, isSingle: true }
}
