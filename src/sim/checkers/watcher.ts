/** One watch from its creation on: what it delivered, how far it is known to be complete, and what it owes. */
import {
  type Change,
  type Compaction,
  equalKeyValues,
  isFilteredOut,
  isInRange,
  type KeyEvent,
  type LogIndex,
  wantedEvents,
} from './committed-log.ts'
import { textOf } from './json-codec.ts'
import { type CreateSent, NOBODY_ASKED, type ResponseReceived, type WatchCreate } from './watch-record.ts'
import type { Accuse } from './watch-violation.ts'

/** Whether a watch is not served because nobody said who asks for it. */
export function isOfNobody({ at, response }: ResponseReceived, log: LogIndex): boolean {
  return response.cancelReason.endsWith(NOBODY_ASKED) && log.isAuthenticatedBy(at)
}

export class Watcher {
  readonly sent: CreateSent
  /** The first revision that it is to see. */
  readonly start: number
  readonly #created: ResponseReceived
  readonly #log: LogIndex
  readonly #accuse: Accuse
  /** Applied before the creation by whoever answered it: the watch can begin nowhere. */
  readonly #forbidden: Compaction | undefined
  /** Everything up to here was delivered. */
  #position: number
  /** The highest revision of which an event was delivered. */
  #newest = 0
  /** By revision, the events that were delivered. */
  readonly #delivered = new Map<number, Set<string>>()
  /** Parts of one response, of which the last has not come yet. */
  #parts: ResponseReceived[] = []

  constructor(sent: CreateSent, created: ResponseReceived, log: LogIndex, accuse: Accuse) {
    const { startRevision } = sent.create
    this.sent = sent
    this.start = startRevision === 0 ? created.response.revision + 1 : startRevision
    this.#created = created
    this.#log = log
    this.#accuse = accuse
    this.#position = this.start - 1
    this.#forbidden = log
      .compactionsBy(created.at)
      .findLast(
        ({ revision, storeRevision }) =>
          revision > this.start && storeRevision < created.response.revision && startRevision > 0,
      )
  }

  /** Everything up to here was delivered in whole responses: a reader goes on behind it. */
  get position(): number {
    return this.#position
  }

  onEvents(received: ResponseReceived): void {
    const { response } = received
    this.#checkServed(received)
    if (response.fragment && !this.#create.fragment) {
      this.#accuse('unaskedFragment', 'a response came in parts, which the watch had not asked for', [
        this.sent,
        received,
      ])
    }
    for (const event of response.events) this.#onEvent(event, received)
    this.#parts.push(received)
    if (!response.fragment) this.#closeResponse()
  }

  onProgress(received: ResponseReceived): void {
    const { revision } = received.response
    this.#checkServed(received)
    this.#checkParts(received)
    if (revision < this.start - 1) {
      const sentence = `progress at ${revision} sends a reader back before ${this.start}, where the watch starts`
      this.#accuse('progressBelowStart', sentence, [this.sent, received])
    }
    const missing = this.#log.firstChangeFor(this.#create, this.#position + 1, revision)
    if (missing !== undefined) {
      const sentence = `progress at ${revision} was told of before ${missing.revision} was delivered`
      this.#accuse('progressOvertook', sentence, [missing, received])
    }
    this.#position = Math.max(this.#position, revision)
  }

  onCanceled(received: ResponseReceived, isAsked: boolean): void {
    const { compactRevision } = received.response
    this.#checkParts(received)
    if (compactRevision === 0) {
      if (isAsked || isOfNobody(received, this.#log)) return
      this.#accuse('canceledWithoutCause', 'a watch was canceled, which nobody had asked for', [
        this.#created,
        received,
      ])
      return
    }
    const happened = this.#log.compactionsBy(received.at).find(({ revision }) => revision === compactRevision)
    if (happened !== undefined && this.#position + 1 < compactRevision) return
    const next = this.#position + 1
    const sentence =
      happened === undefined
        ? `canceled by a compaction at ${compactRevision}, which did not happen`
        : `canceled by the compaction at ${compactRevision}, though the watch needs nothing below ${next}`
    this.#accuse('wrongCompaction', sentence, [happened ?? this.#created, received])
  }

  /** The run has come to rest: everything up to this revision must be there. */
  onSettled(revision: number, isCancelAsked: boolean): void {
    this.#checkParts(this.#parts.at(-1) ?? this.#created)
    if (isCancelAsked)
      this.#accuse('unanswered', 'a watch was to be canceled, and never was', [this.#created])
    if (this.#forbidden !== undefined) {
      const sentence = `${this.start} was compacted before the watch was created, and nobody said so`
      this.#accuse('notCanceled', sentence, [this.#forbidden, this.#created])
      return
    }
    const missing = this.#log.firstChangeFor(this.#create, this.#position + 1, revision)
    if (missing === undefined) return
    const sentence = `${missing.revision} never came, though the run came to rest at ${revision}`
    this.#accuse('lost', sentence, [this.#created, missing])
  }

  get #create(): WatchCreate {
    return this.sent.create
  }

  #checkServed(received: ResponseReceived): void {
    if (this.#forbidden === undefined) return
    const sentence = `the watch starts at ${this.start}, which was compacted before it was created, and is served`
    this.#accuse('servedCompacted', sentence, [this.#forbidden, this.#created, received])
  }

  #checkParts(received: ResponseReceived): void {
    const last = this.#parts.at(-1)
    if (last === undefined) return
    this.#accuse('fragmentUnfinished', 'a part of a response says that more follow, and none does', [
      last,
      received,
    ])
  }

  #onEvent(event: KeyEvent, received: ResponseReceived): void {
    const { key, modRevision } = event.kv
    const name = `${event.kind} of ${textOf(key)} at ${modRevision}`
    const change = this.#log.change(modRevision)
    const committed = change?.events.find(
      other => other.kind === event.kind && equalKeyValues(other.kv, event.kv),
    )
    const accuse = (violation: Parameters<Accuse>[0], sentence: string) =>
      this.#accuse(violation, `${name} ${sentence}`, change === undefined ? [received] : [change, received])
    if (committed === undefined) accuse('invented', 'was never committed like that')
    else this.#checkPrevious(event, committed, received)
    if (!isInRange(this.#create, key)) accuse('outsideRange', 'is outside the range of the watch')
    if (isFilteredOut(this.#create, event)) accuse('filteredKind', 'is of a kind that the watch filters out')
    if (modRevision > received.response.revision)
      accuse('headerBelowEvent', `came under a header of revision ${received.response.revision}`)
    if (modRevision < this.start) accuse('belowStart', `is before ${this.start}, where the watch starts`)
    else this.#checkOrder(event, accuse)
  }

  #checkOrder(event: KeyEvent, accuse: (name: 'duplicate' | 'outOfOrder', sentence: string) => void) {
    const { modRevision } = event.kv
    const told = this.#delivered.get(modRevision)
    const name = nameOf(event)
    if (told?.has(name)) return accuse('duplicate', 'was delivered before')
    if (told === undefined) this.#delivered.set(modRevision, new Set([name]))
    else told.add(name)
    const newest = Math.max(this.#position, this.#newest)
    if (modRevision < newest || modRevision <= this.#position)
      return accuse('outOfOrder', `came after ${newest} was reached`)
    this.#newest = modRevision
  }

  #checkPrevious(event: KeyEvent, committed: KeyEvent, received: ResponseReceived): void {
    const { modRevision } = event.kv
    const wanted = this.#create.prevKv ? committed.prevKv : undefined
    if (equalKeyValues(event.prevKv, wanted)) return
    // It is read at the revision before, which may be compacted by now.
    const isCompacted = this.#log.compactionsBy(received.at).some(({ revision }) => revision >= modRevision)
    if (event.prevKv === undefined && isCompacted) return
    const what = wanted === undefined ? 'has' : event.prevKv === undefined ? 'lacks' : 'has another'
    const sentence = `${textOf(event.kv.key)} at ${modRevision} ${what} previous value than it should have`
    this.#accuse('wrongPrevious', sentence, [this.#log.change(modRevision)!, this.sent, received])
  }

  /** A response is whole: of all revisions up to its last, all events must have been delivered. */
  #closeResponse(): void {
    const parts = this.#parts
    this.#parts = []
    let last = 0
    for (const { response } of parts)
      for (const { kv } of response.events) last = Math.max(last, kv.modRevision)
    for (const change of this.#log.changesFor(this.#create, this.#position + 1, last)) {
      const missing = wantedEvents(this.#create, change).filter(event => !this.#has(event))
      if (missing.length > 0) this.#accuseOfMissing(change, missing, parts)
    }
    this.#position = Math.max(this.#position, last)
  }

  #has(event: KeyEvent): boolean {
    return this.#delivered.get(event.kv.modRevision)?.has(nameOf(event)) ?? false
  }

  #accuseOfMissing(change: Change, missing: readonly KeyEvent[], parts: readonly ResponseReceived[]): void {
    const keys = missing.map(({ kv }) => textOf(kv.key)).join(', ')
    const isTorn = this.#delivered.has(change.revision)
    const sentence = isTorn
      ? `of ${change.revision} a part was delivered, but ${keys} did not come with it`
      : `${change.revision} (${keys}) was left out, though a later revision was delivered`
    this.#accuse(isTorn ? 'torn' : 'gap', sentence, [change, ...parts])
  }
}

/** Within its revision: a transaction in a transaction may put a key, and one behind it delete that. */
function nameOf({ kind, kv }: KeyEvent): string {
  return `${kind} ${textOf(kv.key)}`
}
