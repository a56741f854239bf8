/** What broken watch servers do to creations, cancellations, progress and readers that come back. */
import { LogIndex } from '../committed-log.ts'
import type { WatchCreate, WatchStreamEvent } from '../watch-record.ts'
import type { WatchViolationName } from '../watch-violation.ts'
import { type Operator, pick, replaceAt } from './mutants.ts'
import {
  dropAt,
  insertResponse,
  isSettled,
  nextPlace,
  pickDelivery,
  pickWatch,
  receivedAt,
  replaceResponse,
  responseAt,
  swap,
  type Watch,
  watchesOf,
  withEvents,
} from './watch-edits.ts'
import type { WatchRecord } from './watch-model.ts'

type WatchOperator = Operator<WatchRecord, WatchViolationName>

/** Whether whoever created the watch had applied a compaction beyond its start. */
function isForbidden(record: WatchRecord, watch: Watch): boolean {
  if (watch.create.startRevision === 0) return false
  const { at } = receivedAt(record, watch, watch.createdAt)
  return record.log.compactions.some(
    compaction =>
      compaction.at <= at &&
      compaction.revision > watch.start &&
      compaction.storeRevision < watch.createdRevision,
  )
}

function eventsOf({ streams }: WatchRecord, { stream }: Watch): readonly WatchStreamEvent[] {
  return streams[stream]!.events
}

function isCancelSent(record: WatchRecord, watch: Watch, from: number): boolean {
  return eventsOf(record, watch).some(
    (event, place) => event.kind === 'cancel' && event.watchId === watch.id && place >= from,
  )
}

/** The answer to a creation that was rejected, as a watch. */
function rejections(record: WatchRecord): Watch[] {
  return record.streams.flatMap(({ events }, stream) =>
    events.flatMap((event, createdAt) => {
      if (event.kind !== 'response' || !event.response.created || !event.response.canceled) return []
      return [{ stream, createdAt } as Watch]
    }),
  )
}

/** A later sitting of a reader, with another start. */
function resume(
  record: WatchRecord,
  random: Parameters<WatchOperator['mutate']>[1],
  startOf: (create: WatchCreate, index: LogIndex) => number | undefined,
): WatchRecord | undefined {
  const index = new LogIndex(record.log)
  const creations = record.streams.flatMap(({ events }, stream) =>
    events.flatMap((event, place) => (event.kind === 'create' ? [{ stream, place, event }] : [])),
  )
  const later = creations.filter(({ event: { at, reader, create } }) => {
    const isLater = creations.some(({ event }) => event.reader === reader && event.at < at)
    return isLater && create.startRevision > 0 && startOf(create, index) !== undefined
  })
  const chosen = pick(random, later)
  if (chosen === undefined) return undefined
  const { stream, place, event } = chosen
  const create = { ...event.create, startRevision: startOf(event.create, index)! }
  return withEvents(record, stream, events => replaceAt(events, place, { ...event, create }))
}

export const WATCH_OPERATORS: readonly WatchOperator[] = [
  {
    name: 'progress before the events that it covers',
    breaks: 'bookmarkable: progress says that everything came',
    violation: 'progressOvertook',
    mutate(record, random) {
      const chosen = pickDelivery(
        record,
        random,
        (_, watch, place) => !watch.create.fragment && watch.progress.includes(nextPlace(watch, place) ?? -1),
      )
      return chosen && swap(record, chosen.watch, chosen.place, nextPlace(chosen.watch, chosen.place)!)
    },
  },
  {
    name: 'progress while a watch is behind',
    breaks: 'bookmarkable: progress says that everything came',
    violation: 'progressOvertook',
    mutate(record, random) {
      const chosen = pickDelivery(record, random, ({ fragment }, { create }) => !create.fragment && !fragment)
      if (chosen === undefined) return undefined
      const { watch, place, response } = chosen
      return replaceResponse(record, watch, place, { events: [] }, response)
    },
  },
  {
    name: 'progress below a start in the future',
    breaks: 'bookmarkable: progress never leads back',
    violation: 'progressBelowStart',
    mutate(record, random) {
      const watch = pickWatch(record, random, ({ start, createdRevision }) => start > createdRevision + 1)
      return watch && insertResponse(record, watch, watch.createdAt, {})
    },
  },
  {
    name: 'progress for a watch that did not ask for it',
    breaks: 'progress comes to who asked for it',
    violation: 'unaskedProgress',
    mutate(record, random) {
      const watch = pickWatch(record, random, ({ create }) => !create.progressNotify)
      return watch && insertResponse(record, watch, watch.createdAt, {})
    },
  },
  {
    name: 'progress of all watches that nobody asked for',
    breaks: 'progress comes to who asked for it',
    violation: 'unaskedProgress',
    mutate(record, random) {
      const isOfAll = (event: WatchStreamEvent) =>
        event.kind === 'response' && event.response.watchId === -1n && !event.response.created
      const streams = record.streams.flatMap(({ events }, stream) => (events.some(isOfAll) ? [stream] : []))
      const stream = pick(random, streams)
      if (stream === undefined) return undefined
      return withEvents(record, stream, events => events.filter(({ kind }) => kind !== 'progress'))
    },
  },
  {
    name: 'canceled by a compaction that did not happen',
    breaks: 'only a compaction of what it needs cancels a watch',
    violation: 'wrongCompaction',
    mutate(record, random) {
      const watch = pickWatch(record, random, () => true)
      const compactRevision = 2 + (record.log.compactions.at(-1)?.revision ?? 0)
      return watch && insertResponse(record, watch, watch.createdAt, { canceled: true, compactRevision })
    },
  },
  {
    name: 'canceled by a compaction of what it does not need',
    breaks: 'only a compaction of what it needs cancels a watch',
    violation: 'wrongCompaction',
    mutate(record, random) {
      const harmless = (watch: Watch) =>
        record.log.compactions.find(
          ({ at, revision }) =>
            revision <= watch.start && at <= receivedAt(record, watch, watch.createdAt).at,
        )?.revision
      const watch = pickWatch(record, random, candidate => harmless(candidate) !== undefined)
      if (watch === undefined) return undefined
      const compactRevision = harmless(watch)!
      return insertResponse(record, watch, watch.createdAt, { canceled: true, compactRevision })
    },
  },
  {
    name: 'a compacted start that is served in silence',
    breaks: 'a watch whose start is compacted is canceled and nothing else',
    violation: 'servedCompacted',
    mutate(record, random) {
      const watch = pickWatch(
        record,
        random,
        candidate => candidate.canceledAt !== undefined && isForbidden(record, candidate),
      )
      if (watch === undefined) return undefined
      const answer = { canceled: false, compactRevision: 0, revision: watch.createdRevision }
      return replaceResponse(record, watch, watch.canceledAt!, answer)
    },
  },
  {
    name: 'a compacted start that nobody cancels',
    breaks: 'a watch whose start is compacted is canceled',
    violation: 'notCanceled',
    mutate(record, random) {
      const watch = pickWatch(
        record,
        random,
        candidate =>
          candidate.canceledAt !== undefined &&
          isSettled(record, candidate) &&
          isForbidden(record, candidate) &&
          !isIdUsedLater(record, candidate),
      )
      return watch && dropAt(record, watch, watch.canceledAt!)
    },
  },
  {
    name: 'a cancellation out of the blue',
    breaks: 'a watch goes on until somebody wants it canceled',
    violation: 'canceledWithoutCause',
    mutate(record, random) {
      const watch = pickWatch(record, random, candidate => !isCancelSent(record, candidate, 0))
      return watch && insertResponse(record, watch, watch.createdAt, { canceled: true })
    },
  },
  {
    name: 'a cancellation twice',
    breaks: 'nothing comes after a cancellation',
    violation: 'afterCancellation',
    mutate(record, random) {
      const watch = pickWatch(record, random, ({ canceledAt }) => canceledAt !== undefined)
      return watch && insertResponse(record, watch, watch.canceledAt!, { canceled: true })
    },
  },
  {
    name: 'a cancellation that is not answered',
    breaks: 'a request to cancel is answered',
    violation: 'unanswered',
    mutate(record, random) {
      const watch = pickWatch(record, random, candidate => {
        const { canceledAt, createdAt } = candidate
        if (canceledAt === undefined || !isSettled(record, candidate)) return false
        const isAsked = responseAt(record, candidate, canceledAt).compactRevision === 0
        return isAsked && isCancelSent(record, candidate, createdAt) && !isIdUsedLater(record, candidate)
      })
      return watch && dropAt(record, watch, watch.canceledAt!)
    },
  },
  {
    name: 'a creation that is not answered',
    breaks: 'a request to create is answered',
    violation: 'unanswered',
    mutate(record, random) {
      const lasts = watchesOf(record).filter(
        watch =>
          isSettled(record, watch) &&
          !eventsOf(record, watch).some((event, at) => event.kind === 'create' && at > watch.sentAt),
      )
      const watch = pick(random, lasts)
      return watch && dropAt(record, watch, watch.createdAt)
    },
  },
  {
    name: 'an id other than the one that was asked for',
    breaks: 'a watch gets the id that it asked for',
    violation: 'wrongWatchId',
    mutate(record, random) {
      const watch = pickWatch(record, random, ({ create }) => create.watchId !== 0n)
      return watch && replaceResponse(record, watch, watch.createdAt, { watchId: watch.id + 50n })
    },
  },
  {
    name: 'an id that the server has given out before',
    breaks: 'ids that the server chooses are new',
    violation: 'wrongWatchId',
    mutate(record, random) {
      const isChosen = ({ create, id }: Watch) => create.watchId === 0n && id > 0n
      const watch = pickWatch(record, random, isChosen)
      return watch && replaceResponse(record, watch, watch.createdAt, { watchId: watch.id - 1n })
    },
  },
  {
    name: 'a rejection under an id that may be somebody’s',
    breaks: 'a rejected watch has the id -1',
    violation: 'wrongWatchId',
    mutate(record, random) {
      const rejected = pick(random, rejections(record))
      return rejected && replaceResponse(record, rejected, rejected.createdAt, { watchId: 100n })
    },
  },
  {
    name: 'a watch with a fault that is accepted',
    breaks: 'ids in use, empty ranges and negative starts are rejected',
    violation: 'wronglyAccepted',
    mutate(record, random) {
      const rejected = pick(random, rejections(record))
      const accepted = { canceled: false, watchId: 500n }
      return rejected && replaceResponse(record, rejected, rejected.createdAt, accepted)
    },
  },
  {
    name: 'a good watch that is rejected',
    breaks: 'a watch without a fault is created',
    violation: 'wronglyRejected',
    mutate(record, random) {
      const watch = pickWatch(record, random, () => true)
      return watch && replaceResponse(record, watch, watch.createdAt, { canceled: true, watchId: -1n })
    },
  },
  {
    name: 'an event of a watch that nobody knows',
    breaks: 'responses bear the id of a watch of the stream',
    violation: 'unknownWatch',
    mutate(record, random) {
      const watch = pickWatch(record, random, candidate => isSettled(record, candidate))
      const last = watch && eventsOf(record, watch).length - 1
      return watch && insertResponse(record, watch, last!, { watchId: 9999n })
    },
  },
  {
    name: 'a creation that nobody asked for',
    breaks: 'creations answer requests one by one',
    violation: 'unaskedCreation',
    mutate(record, random) {
      const watch = pickWatch(record, random, candidate => isSettled(record, candidate))
      const last = watch && eventsOf(record, watch).length - 1
      return watch && insertResponse(record, watch, last!, { watchId: 9999n, created: true })
    },
  },
  {
    name: 'a reader that comes back too late in the log',
    breaks: 'resumable: a reader goes on behind what it saw last',
    violation: 'resumedLate',
    mutate: (record, random) =>
      resume(record, random, (create, index) => {
        const next = index.firstChangeFor(create, create.startRevision, Number.MAX_SAFE_INTEGER)
        return next && next.revision + 1
      }),
  },
  {
    name: 'a reader that comes back too early in the log',
    breaks: 'resumable: a reader goes on behind what it saw last',
    violation: 'resumedEarly',
    mutate: (record, random) =>
      resume(record, random, (create, index) => {
        const seen = [...index.changesFor(create, 1, create.startRevision - 1)]
        return seen.at(-1)?.revision
      }),
  },
]

function isIdUsedLater(record: WatchRecord, watch: Watch): boolean {
  return watchesOf(record).some(
    ({ stream, id, createdAt }) => stream === watch.stream && id === watch.id && createdAt > watch.createdAt,
  )
}
