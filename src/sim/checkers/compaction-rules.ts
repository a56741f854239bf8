/**
 * What compactions forbid and what refusals claim. A compaction has no revision of its own: it lies between its call
 * and its return, and among the revisions where its header says. So it is judged against every other operation by
 * both, in pairs.
 */
import { putsOf, rangesOf } from './footprint.ts'
import { isLinearizable, revisionOf, type StoreOperation, type StoreRequest } from './history.ts'
import { textOf } from './json-codec.ts'
import type { KeyTimelines } from './key-timelines.ts'
import { Problem } from './problem.ts'
import { show } from './range-answer.ts'
import type { StoreFacts } from './store-facts.ts'

interface Compaction {
  readonly operation: StoreOperation
  readonly revision: number
  /** The store's revision when it was done; undefined if nobody knows whether it was. */
  readonly at: number | undefined
}

/**
 * Throws `Problem` for an answer from a revision that was compacted, or a refusal that had no reason.
 *
 * @param isWhole whether nobody else can have written, or compacted.
 */
export function checkCompactions(facts: StoreFacts, keys: KeyTimelines, isWhole: boolean): void {
  const compactions = facts.operations.flatMap(compactionOf)
  checkAmongThemselves(facts, compactions)
  const done = compactions.filter(({ at }) => at !== undefined)
  const refusals: StoreOperation[] = []
  for (const operation of facts.operations) {
    if (operation.outcome.kind === 'refused') {
      checkRefusal(facts, compactions, keys, operation, isWhole)
      if (operation.outcome.reason === 'compacted') refusals.push(operation)
    } else if (operation.outcome.kind === 'done' && operation.request.kind !== 'compact') {
      checkOldReads(facts, done, refusals, operation)
    }
  }
}

function compactionOf(operation: StoreOperation): Compaction[] {
  const { request, outcome } = operation
  if (request.kind !== 'compact' || outcome.kind === 'refused') return []
  const at = outcome.kind === 'done' ? revisionOf(outcome.response) : undefined
  return [{ operation, revision: request.compact.revision, at }]
}

/** Each is higher than those before it, and none is beyond the store's revision. */
function checkAmongThemselves({ initial }: StoreFacts, compactions: readonly Compaction[]): void {
  const done = compactions.filter(({ at }) => at !== undefined).sort((a, b) => a.revision - b.revision)
  let latestCall: Compaction | undefined
  for (const [i, compaction] of done.entries()) {
    const { operation, revision, at } = compaction
    if (revision > at!) throw new Problem(`compacted at ${revision}, which was in the future`, [operation])
    if (revision <= initial.compacted)
      throw new Problem(`${initial.compacted} was compacted before`, [operation])
    const lower = done[i - 1]
    if (lower?.revision === revision) {
      throw new Problem(`revision ${revision} was compacted twice`, [lower.operation, operation])
    }
    if (lower !== undefined && lower.at! > at!) {
      throw new Problem(`compacted at ${revision} before it was at ${lower.revision}`, [
        operation,
        lower.operation,
      ])
    }
    if (latestCall !== undefined && returnsBefore(operation, latestCall.operation)) {
      const message = `compacted at ${latestCall.revision} after it was at ${revision}`
      throw new Problem(message, [operation, latestCall.operation])
    }
    if (latestCall === undefined || operation.calledAt > latestCall.operation.calledAt)
      latestCall = compaction
  }
}

function returnsBefore(a: StoreOperation, b: StoreOperation): boolean {
  return a.returnedAt !== undefined && a.returnedAt < b.calledAt
}

/** @param refusals what was called before and refused because of a compaction. */
function checkOldReads(
  { initial }: StoreFacts,
  done: readonly Compaction[],
  refusals: readonly StoreOperation[],
  operation: StoreOperation,
): void {
  if (operation.outcome.kind !== 'done') return
  const asked = oldestServed(operation)
  if (asked === undefined) return
  if (asked < initial.compacted) throw new Problem(`revision ${asked} was compacted before`, [operation])
  const now = revisionOf(operation.outcome.response)
  const isOrdered = isLinearizable(operation)
  for (const compaction of done) {
    if (compaction.revision <= asked) continue
    const isLater = now > compaction.at! || (isOrdered && returnsBefore(compaction.operation, operation))
    if (!isLater) continue
    throw new Problem(`revision ${asked} was answered after it was compacted`, [
      compaction.operation,
      operation,
    ])
  }
  if (!isOrdered) return
  for (const refusal of refusals) {
    const refused = highestAsked(refusal.request)
    if (refused === undefined || refused < asked || !isLinearizable(refusal)) continue
    if (!returnsBefore(refusal, operation)) continue
    throw new Problem(`revision ${asked} was answered after it was refused as compacted`, [
      refusal,
      operation,
    ])
  }
}

/** The oldest revision that was asked for and answered. */
function oldestServed({ request, outcome }: StoreOperation): number | undefined {
  if (outcome.kind !== 'done' || (request.kind !== 'range' && request.kind !== 'txn')) return undefined
  const asked =
    request.kind === 'txn' && outcome.response.kind === 'txn'
      ? (outcome.response.txn.succeeded ? request.txn.success : request.txn.failure)
          .filter(op => op.kind === 'range')
          .map(op => op.range.revision)
      : rangesOf(request).map(range => range.revision)
  const old = asked.filter(revision => revision > 0)
  return old.length === 0 ? undefined : Math.min(...old)
}

/** Of a refused read; what a transaction asked for depends on its conditions, so that it tells nothing. */
function highestAsked(request: StoreRequest): number | undefined {
  return request.kind === 'range' && request.range.revision > 0 ? request.range.revision : undefined
}

function checkRefusal(
  facts: StoreFacts,
  compactions: readonly Compaction[],
  keys: KeyTimelines,
  operation: StoreOperation,
  isWhole: boolean,
): void {
  const { request, outcome } = operation
  if (outcome.kind !== 'refused') return
  switch (outcome.reason) {
    case 'compacted':
      return checkCompacted(facts, compactions, operation, isWhole)
    case 'futureRevision':
      return checkFuture(facts, operation)
    case 'keyNotFound':
      return checkNotFound(facts, keys, operation, isWhole)
    case 'leaseNotFound':
      if (request.kind === 'leaseRevoke' || putsOf(request).some(put => put.lease !== 0n)) return
      throw new Problem('refused for a lease that it does not name', [operation])
    case 'permissionDenied':
    case 'notServed':
      return
  }
}

/** Some compaction beyond what was asked for must have been possible by then. */
function checkCompacted(
  facts: StoreFacts,
  compactions: readonly Compaction[],
  operation: StoreOperation,
  isWhole: boolean,
): void {
  const { request } = operation
  const isCompaction = request.kind === 'compact'
  const asked = isCompaction
    ? [request.compact.revision]
    : rangesOf(request)
        .map(range => range.revision)
        .filter(revision => revision > 0 || (revision < 0 && request.kind === 'txn'))
  if (asked.length === 0)
    throw new Problem('refused as compacted, but it asks for no old revision', [operation])
  const lowest = Math.min(...asked)
  const isBeyond = (compacted: number): boolean => (isCompaction ? compacted >= lowest : compacted > lowest)
  if (!isWhole || isBeyond(facts.initial.compacted)) return
  const { ceiling } = facts.instants.get(operation)!
  const isPossible = compactions.some(
    compaction =>
      compaction.operation !== operation &&
      isBeyond(compaction.revision) &&
      !returnsBefore(operation, compaction.operation) &&
      (!isLinearizable(operation) || (compaction.at ?? 0) <= ceiling),
  )
  if (!isPossible) throw new Problem(`refused as compacted, but ${lowest} was not yet`, [operation])
}

function checkFuture(facts: StoreFacts, operation: StoreOperation): void {
  const { request } = operation
  const asked =
    request.kind === 'compact' ? [request.compact.revision] : rangesOf(request).map(range => range.revision)
  const highest = Math.max(0, ...asked)
  if (highest === 0) throw new Problem('refused as in the future, but it asks for the newest', [operation])
  const { floor } = facts.instants.get(operation)!
  if (!isLinearizable(operation) || floor < highest) return
  const reached = facts.operations.find(
    ({ outcome }) => outcome.kind === 'done' && revisionOf(outcome.response) >= highest,
  )
  const message = `refused as in the future, but revision ${highest} was reached`
  throw new Problem(message, reached === undefined ? [operation] : [reached, operation])
}

/** The key of a put that keeps its value or lease must have been absent, at some revision of the time. */
function checkNotFound(
  facts: StoreFacts,
  keys: KeyTimelines,
  operation: StoreOperation,
  isWhole: boolean,
): void {
  const names = putsOf(operation.request)
    .filter(put => put.ignoreValue || put.ignoreLease)
    .map(put => textOf(put.key))
  if (names.length === 0) throw new Problem('refused for a missing key, but it needs none', [operation])
  const { floor, ceiling } = facts.instants.get(operation)!
  const to = Math.min(ceiling, facts.last)
  for (let revision = floor; revision <= to; revision++) {
    if (names.some(name => !keys.get(name, revision))) return
  }
  // Beyond the last revision that anybody was told of, a write of unknown outcome may have deleted it.
  if (to === facts.last && ceiling > to && (!isWhole || facts.unknowns.length > 0)) return
  throw new Problem(`refused for a missing key, but ${show(names[0]!)} was there`, [operation])
}
