/**
 * Do watches keep etcd's promises? Each stream is read as its client saw it and held against the committed log:
 * events are filtered, ordered, unique, atomic per revision and complete; progress overtakes nothing; a watch is
 * answered before it delivers, and is silent after it was canceled; readers who come back go on exactly where they
 * were. (etcd, "KV API guarantees: Watch APIs"; `Documentation/learning/api_guarantees`.)
 *
 * What a stream that broke had still to deliver is not asked for, unless the run came to rest while it was open.
 */
import { compareBytes } from '../../core/bytes.ts'
import { type CommittedLog, LogIndex } from './committed-log.ts'
import {
  type CreateSent,
  EVERY_WATCH,
  type ResponseReceived,
  type WatchCreate,
  type WatchStream,
} from './watch-record.ts'
import type { Accuse, WatchViolation } from './watch-violation.ts'
import { isOfNobody, Watcher } from './watcher.ts'

/** A watch of a reader; without a watcher if it was never created. */
interface Sitting {
  readonly sent: CreateSent
  watcher?: Watcher
}

/** @param streams their events are in the order in which the client sent and received them. */
export function checkWatches(log: CommittedLog, streams: readonly WatchStream[]): WatchViolation[] {
  const index = new LogIndex(log)
  const violations: WatchViolation[] = []
  const accuse: Accuse = (name, sentence, events) => violations.push({ name, sentence, events })
  const sittings = streams.flatMap(stream => checkStream(stream, index, accuse))
  for (const reader of new Set(sittings.map(({ sent }) => sent.reader))) {
    if (reader === undefined) continue
    const ofReader = sittings.filter(({ sent }) => sent.reader === reader)
    ofReader.sort((a, b) => a.sent.at - b.sent.at)
    checkResumption(ofReader, index, accuse)
  }
  return violations
}

function checkStream(stream: WatchStream, index: LogIndex, accuse: Accuse): Sitting[] {
  const checker = new StreamChecker(index, accuse)
  for (const event of stream.events) {
    if (event.kind === 'create') checker.onCreateSent(event)
    else if (event.kind === 'cancel') checker.onCancelSent(event.watchId)
    else if (event.kind === 'progress') checker.onProgressSent()
    else checker.onResponse(event)
  }
  if (stream.settledAt !== undefined) checker.onSettled(index.newestAt(stream.settledAt))
  return checker.sittings
}

/** A reader that has seen everything up to a revision starts its next watch at the revision behind it. */
function checkResumption(sittings: readonly Sitting[], index: LogIndex, accuse: Accuse): void {
  let seen: number | undefined
  for (const { sent, watcher } of sittings) {
    const { create } = sent
    const start = watcher?.start ?? (create.startRevision === 0 ? undefined : create.startRevision)
    if (start !== undefined && seen !== undefined) {
      const missed = index.firstChangeFor(create, seen + 1, start - 1)
      if (missed !== undefined) {
        const sentence = `a reader that has seen ${seen} goes on at ${start}, and never sees ${missed.revision}`
        accuse('resumedLate', sentence, [missed, sent])
      }
      const again = index.firstChangeFor(create, start, seen)
      if (again !== undefined) {
        const sentence = `a reader that has seen ${seen} goes on at ${start}, and sees ${again.revision} twice`
        accuse('resumedEarly', sentence, [again, sent])
      }
    }
    const end = watcher?.position ?? (start === undefined ? undefined : start - 1)
    if (end !== undefined) seen = Math.max(seen ?? 0, end)
  }
}

/** One stream: which watches there are on it, and which requests are still to be answered. */
class StreamChecker {
  readonly sittings: Sitting[] = []
  readonly #index: LogIndex
  readonly #accuse: Accuse
  /** Creations are answered in the order in which they were asked for. */
  readonly #pending: Sitting[] = []
  readonly #live = new Map<bigint, Watcher>()
  readonly #canceled = new Map<bigint, ResponseReceived>()
  /** How often each id was asked to be canceled, less how often it was because of that. */
  readonly #cancelsAsked = new Map<bigint, number>()
  readonly #toBeCanceled = new Set<Watcher>()
  /** The ids that the server chose: it never chooses one twice. */
  readonly #chosen = new Set<bigint>()
  #progressAsked = 0

  constructor(index: LogIndex, accuse: Accuse) {
    this.#index = index
    this.#accuse = accuse
  }

  onCreateSent(sent: CreateSent): void {
    const sitting = { sent }
    this.#pending.push(sitting)
    this.sittings.push(sitting)
  }

  /** To cancel what is no more there is answered by nothing; or it cancels who got the same id meanwhile. */
  onCancelSent(watchId: bigint): void {
    this.#cancelsAsked.set(watchId, (this.#cancelsAsked.get(watchId) ?? 0) + 1)
    const watcher = this.#live.get(watchId)
    if (watcher !== undefined) this.#toBeCanceled.add(watcher)
  }

  onProgressSent(): void {
    this.#progressAsked++
  }

  onResponse(received: ResponseReceived): void {
    const { response, at } = received
    const newest = this.#index.newestAt(at)
    if (response.revision > newest) {
      const sentence = `a header says ${response.revision}, when ${newest} was the newest of all`
      this.#accuse('headerAhead', sentence, [received])
    }
    if (response.created) return this.#onCreated(received)
    if (response.watchId === EVERY_WATCH) return this.#onProgressOfAll(received)
    const watcher = this.#live.get(response.watchId)
    if (watcher === undefined) return this.#onStranger(received)
    if (response.canceled) return this.#onCanceled(watcher, received)
    if (response.events.length > 0 || response.fragment) return watcher.onEvents(received)
    if (!watcher.sent.create.progressNotify) {
      const sentence = 'a watch that did not ask to be told of progress was told of it'
      this.#accuse('unaskedProgress', sentence, [watcher.sent, received])
    }
    watcher.onProgress(received)
  }

  onSettled(revision: number): void {
    for (const { sent } of this.#pending)
      this.#accuse('unanswered', 'a watch was asked for, and never created', [sent])
    for (const watcher of this.#live.values()) watcher.onSettled(revision, this.#toBeCanceled.has(watcher))
  }

  #onCreated(received: ResponseReceived): void {
    const sitting = this.#pending.shift()
    if (sitting === undefined) {
      this.#accuse('unaskedCreation', 'a watch was created that nobody had asked for', [received])
      return
    }
    const { sent } = sitting
    const { watchId: id, canceled } = received.response
    const fault = this.#faultOf(sent.create)
    if (canceled) {
      if (fault === undefined && !isOfNobody(received, this.#index))
        this.#accuse('wronglyRejected', 'a watch was rejected that has no fault', [sent, received])
      if (id !== EVERY_WATCH)
        this.#accuse('wrongWatchId', `a watch was rejected under the id ${id} instead of -1`, [
          sent,
          received,
        ])
      return
    }
    if (fault !== undefined) {
      this.#accuse('wronglyAccepted', `a watch was created although ${fault}`, [sent, received])
      return
    }
    this.#checkId(sent, received)
    sitting.watcher = new Watcher(sent, received, this.#index, this.#accuse)
    this.#live.set(id, sitting.watcher)
    this.#canceled.delete(id)
  }

  #faultOf({ watchId, startRevision, key, rangeEnd }: WatchCreate): string | undefined {
    if (watchId !== 0n && this.#live.has(watchId)) return `its id ${watchId} is in use`
    if (startRevision < 0) return 'its start is negative'
    const isSpan = rangeEnd.length > 0 && !(rangeEnd.length === 1 && rangeEnd[0] === 0)
    const first = key.length === 0 ? Uint8Array.of(0) : key
    return isSpan && compareBytes(first, rangeEnd) >= 0 ? 'its range is empty' : undefined
  }

  #checkId(sent: CreateSent, received: ResponseReceived): void {
    const asked = sent.create.watchId
    const { watchId: id } = received.response
    if (asked !== 0n) {
      if (id === asked) return
      this.#accuse('wrongWatchId', `a watch asked for the id ${asked} and got ${id}`, [sent, received])
      return
    }
    if (id < 0n || this.#live.has(id) || this.#chosen.has(id))
      this.#accuse('wrongWatchId', `the server chose the id ${id}, which is taken`, [sent, received])
    this.#chosen.add(id)
  }

  #onCanceled(watcher: Watcher, received: ResponseReceived): void {
    const { watchId } = received.response
    const asked = this.#cancelsAsked.get(watchId) ?? 0
    watcher.onCanceled(received, asked > 0)
    if (received.response.compactRevision === 0) this.#cancelsAsked.set(watchId, Math.max(0, asked - 1))
    this.#live.delete(watchId)
    this.#canceled.set(watchId, received)
  }

  #onProgressOfAll(received: ResponseReceived): void {
    if (this.#progressAsked === 0)
      this.#accuse('unaskedProgress', 'progress was told of which nobody had asked for', [received])
    else this.#progressAsked--
    for (const watcher of this.#live.values()) watcher.onProgress(received)
  }

  #onStranger(received: ResponseReceived): void {
    const { watchId } = received.response
    const canceled = this.#canceled.get(watchId)
    if (canceled !== undefined)
      this.#accuse('afterCancellation', `the watch ${watchId} was canceled, and goes on`, [
        canceled,
        received,
      ])
    else if (
      this.#pending.some(({ sent: { create } }) => create.watchId === 0n || create.watchId === watchId)
    )
      this.#accuse('beforeCreated', `the watch ${watchId} says something before it is created`, [received])
    else this.#accuse('unknownWatch', `there is no watch ${watchId} on this stream`, [received])
  }
}
