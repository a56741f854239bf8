/** What broken watch servers do to the events that they deliver. */
import type { Random } from '../../../core/prng.ts'
import { isFilteredOut, isInRange, type KeyEvent, wantedEvents } from '../committed-log.ts'
import type { WatchResponse } from '../watch-record.ts'
import type { WatchViolationName } from '../watch-violation.ts'
import { bytesOf } from './model-store.ts'
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
} from './watch-edits.ts'
import type { WatchRecord } from './watch-model.ts'

type WatchOperator = Operator<WatchRecord, WatchViolationName>

/** Replaces the events of one delivery, where `change` has something to change. */
function changeEvents(
  record: WatchRecord,
  random: Random,
  change: (response: WatchResponse, watch: Watch, place: number) => readonly KeyEvent[] | undefined,
): WatchRecord | undefined {
  const chosen = pickDelivery(record, random, (...delivery) => change(...delivery) !== undefined)
  if (chosen === undefined) return undefined
  const { watch, place, response } = chosen
  return replaceResponse(record, watch, place, { events: change(response, watch, place)! })
}

/** Adds, to a revision that is delivered, the first of its other events that fits. */
function addEvent(record: WatchRecord, random: Random, fits: (event: KeyEvent, watch: Watch) => boolean) {
  return changeEvents(record, random, ({ events }, watch) => {
    const { modRevision } = events[0]!.kv
    const added = record.log.changes.find(({ revision }) => revision === modRevision)?.events
    const event = added?.find(other => fits(other, watch))
    return event && [event, ...events]
  })
}

/** Changes the previous value of the first event that fits. */
function changePrevious(
  record: WatchRecord,
  random: Random,
  change: (event: KeyEvent, watch: Watch, receivedAt: number) => KeyEvent | undefined,
) {
  return changeEvents(record, random, ({ events }, watch, place) => {
    const { at } = receivedAt(record, watch, place)
    const which = events.findIndex(event => change(event, watch, at) !== undefined)
    return which < 0 ? undefined : replaceAt(events, which, change(events[which]!, watch, at)!)
  })
}

function committed({ log }: WatchRecord, { kv, kind }: KeyEvent): KeyEvent | undefined {
  const change = log.changes.find(({ revision }) => revision === kv.modRevision)
  return change?.events.find(event => event.kind === kind && event.kv === kv)
}

/** Where the events of a response can be cut within a revision, or between two. */
function cutAt(events: readonly KeyEvent[], isWithin: boolean): number | undefined {
  const at = events.findIndex(
    ({ kv }, i) => i > 0 && isWithin === (kv.modRevision === events[i - 1]!.kv.modRevision),
  )
  return at < 0 ? undefined : at
}

function revisionsOf(events: readonly KeyEvent[]): number[] {
  return [...new Set(events.map(({ kv }) => kv.modRevision))]
}

export const DELIVERY_OPERATORS: readonly WatchOperator[] = [
  {
    name: 'a response left out',
    breaks: 'reliable: a subsequence is never missing in the middle',
    violation: 'gap',
    mutate(record, random) {
      const chosen = pickDelivery(
        record,
        random,
        (_, watch, place) =>
          !watch.create.fragment && watch.deliveries.includes(nextPlace(watch, place) ?? -1),
      )
      return chosen && dropAt(record, chosen.watch, chosen.place)
    },
  },
  {
    name: 'a revision left out of a batch',
    breaks: 'reliable: a subsequence is never missing in the middle',
    violation: 'gap',
    mutate: (record, random) =>
      changeEvents(record, random, ({ events }, { create }) => {
        const [first, ...rest] = revisionsOf(events)
        if (create.fragment || rest.length === 0) return undefined
        return events.filter(({ kv }) => kv.modRevision !== first)
      }),
  },
  {
    name: 'the last response left out',
    breaks: 'reliable: what was committed comes',
    violation: 'lost',
    mutate(record, random) {
      const chosen = pickDelivery(
        record,
        random,
        (_, watch, place) =>
          !watch.create.fragment && isSettled(record, watch) && nextPlace(watch, place) === undefined,
      )
      return chosen && dropAt(record, chosen.watch, chosen.place)
    },
  },
  {
    name: 'one event of a revision left out',
    breaks: 'atomic: a revision comes whole',
    violation: 'torn',
    mutate: (record, random) =>
      changeEvents(record, random, ({ events }, { create }) => {
        const at = cutAt(events, true)
        return create.fragment || at === undefined ? undefined : replaceAt(events, at)
      }),
  },
  {
    name: 'a revision in two responses',
    breaks: 'atomic: a revision comes whole',
    violation: 'torn',
    mutate(record, random) {
      const chosen = pickDelivery(
        record,
        random,
        ({ events }, { create }) => !create.fragment && cutAt(events, true) !== undefined,
      )
      if (chosen === undefined) return undefined
      const { events } = chosen.response
      const at = cutAt(events, true)!
      const halves = [{ events: events.slice(0, at) }, { events: events.slice(at) }]
      return replaceResponse(record, chosen.watch, chosen.place, ...halves)
    },
  },
  {
    name: 'a part that does not say that more follow',
    breaks: 'atomic: a revision in parts is marked as such',
    violation: 'torn',
    mutate(record, random) {
      const chosen = pickDelivery(record, random, ({ fragment, events }, watch, place) => {
        const next = fragment ? nextPlace(watch, place) : undefined
        if (next === undefined) return false
        const first = responseAt(record, watch, next).events[0]
        return first?.kv.modRevision === events.at(-1)!.kv.modRevision
      })
      return chosen && replaceResponse(record, chosen.watch, chosen.place, { fragment: false })
    },
  },
  {
    name: 'a last part that says that more follow',
    breaks: 'parts are marked as such, and the last is not',
    violation: 'fragmentUnfinished',
    mutate(record, random) {
      const chosen = pickDelivery(record, random, ({ fragment }, watch, place) => {
        const next = nextPlace(watch, place)
        const isFollowed = next === undefined ? isSettled(record, watch) : !watch.deliveries.includes(next)
        return watch.create.fragment && !fragment && isFollowed
      })
      return chosen && replaceResponse(record, chosen.watch, chosen.place, { fragment: true })
    },
  },
  {
    name: 'parts that nobody asked for',
    breaks: 'only who can put parts together gets them',
    violation: 'unaskedFragment',
    mutate(record, random) {
      const chosen = pickDelivery(
        record,
        random,
        ({ events }, { create }) => !create.fragment && events.length > 1,
      )
      if (chosen === undefined) return undefined
      const { events } = chosen.response
      const parts = [{ events: events.slice(0, 1), fragment: true }, { events: events.slice(1) }]
      return replaceResponse(record, chosen.watch, chosen.place, ...parts)
    },
  },
  {
    name: 'a response twice',
    breaks: 'unique: an event never comes twice',
    violation: 'duplicate',
    mutate(record, random) {
      const chosen = pickDelivery(record, random, ({ fragment }, { create }) => !create.fragment && !fragment)
      return chosen && replaceResponse(record, chosen.watch, chosen.place, chosen.response, chosen.response)
    },
  },
  {
    name: 'an event twice in a response',
    breaks: 'unique: an event never comes twice',
    violation: 'duplicate',
    mutate: (record, random) => changeEvents(record, random, ({ events }) => [events[0]!, ...events]),
  },
  {
    name: 'two responses in each other’s place',
    breaks: 'ordered: revisions ascend',
    violation: 'outOfOrder',
    mutate(record, random) {
      const chosen = pickDelivery(
        record,
        random,
        (_, watch, place) =>
          !watch.create.fragment && watch.deliveries.includes(nextPlace(watch, place) ?? -1),
      )
      return chosen && swap(record, chosen.watch, chosen.place, nextPlace(chosen.watch, chosen.place)!)
    },
  },
  {
    name: 'a batch backwards',
    breaks: 'ordered: revisions ascend',
    violation: 'outOfOrder',
    mutate: (record, random) =>
      changeEvents(record, random, ({ events }) =>
        revisionsOf(events).length > 1 ? [...events].reverse() : undefined,
      ),
  },
  {
    name: 'a key of somebody else',
    breaks: 'filtered: only keys of the range',
    violation: 'outsideRange',
    mutate: (record, random) =>
      addEvent(record, random, (event, { create }) => !isInRange(create, event.kv.key)),
  },
  {
    name: 'a kind that was filtered out',
    breaks: 'filtered: NOPUT and NODELETE hold',
    violation: 'filteredKind',
    mutate: (record, random) =>
      addEvent(
        record,
        random,
        (event, { create }) => isInRange(create, event.kv.key) && isFilteredOut(create, event),
      ),
  },
  {
    name: 'a change from before the start',
    breaks: 'filtered: nothing before the start revision',
    violation: 'belowStart',
    mutate(record, random) {
      const older = ({ create, start }: Watch) =>
        record.log.changes.filter(
          change => change.revision < start && wantedEvents(create, change).length > 0,
        )
      // Not of the time to come either: that would be another lie.
      const isSeen = (watch: Watch) => older(watch).some(({ revision }) => revision <= watch.createdRevision)
      const watch = pickWatch(record, random, isSeen)
      if (watch === undefined) return undefined
      const events = wantedEvents(watch.create, older(watch)[0]!)
      return insertResponse(record, watch, watch.createdAt, { events })
    },
  },
  {
    name: 'a value with one byte changed',
    breaks: 'an event is what was committed',
    violation: 'invented',
    mutate: (record, random) =>
      changeEvents(record, random, ({ events }) => {
        const at = random.below(events.length)
        const event = events[at]!
        return replaceAt(events, at, { ...event, kv: { ...event.kv, value: bytesOf('x') } })
      }),
  },
  {
    name: 'another previous value',
    breaks: 'the previous value is the one before',
    violation: 'wrongPrevious',
    mutate: (record, random) =>
      changePrevious(record, random, event => {
        const { prevKv } = event
        return prevKv && { ...event, prevKv: { ...prevKv, version: prevKv.version + 1 } }
      }),
  },
  {
    name: 'no previous value, though it is not compacted',
    breaks: 'the previous value is the one before',
    violation: 'wrongPrevious',
    mutate: (record, random) =>
      changePrevious(record, random, (event, _, at) => {
        const isCompacted = record.log.compactions.some(
          compaction => compaction.at <= at && compaction.revision >= event.kv.modRevision,
        )
        return event.prevKv === undefined || isCompacted ? undefined : { ...event, prevKv: undefined }
      }),
  },
  {
    name: 'a previous value that nobody asked for',
    breaks: 'previous values come to who asked for them',
    violation: 'wrongPrevious',
    mutate: (record, random) =>
      changePrevious(record, random, (event, { create }) => {
        const prevKv = create.prevKv ? undefined : committed(record, event)?.prevKv
        return prevKv && { ...event, prevKv }
      }),
  },
  {
    name: 'a header that is older than its event',
    breaks: 'a header’s revision is never below an event’s',
    violation: 'headerBelowEvent',
    mutate(record, random) {
      const chosen = pickDelivery(record, random, () => true)
      if (chosen === undefined) return undefined
      const revision = chosen.response.events.at(-1)!.kv.modRevision - 1
      return replaceResponse(record, chosen.watch, chosen.place, { revision })
    },
  },
  {
    name: 'a header from the future',
    breaks: 'a header’s revision was reached',
    violation: 'headerAhead',
    mutate(record, random) {
      const chosen = pickDelivery(record, random, () => true)
      if (chosen === undefined) return undefined
      const { at } = receivedAt(record, chosen.watch, chosen.place)
      const reached = record.log.changes.filter(change => change.at <= at).at(-1)!.revision
      return replaceResponse(record, chosen.watch, chosen.place, { revision: reached + 1 })
    },
  },
  {
    name: 'an event before its watch is created',
    breaks: 'a creation is answered before its events come',
    violation: 'beforeCreated',
    mutate(record, random) {
      const watch = pickWatch(
        record,
        random,
        ({ create, deliveries }) => create.watchId === 0n && deliveries.length > 0,
      )
      return watch && swap(record, watch, watch.createdAt, watch.deliveries[0]!)
    },
  },
  {
    name: 'an event after the cancellation',
    breaks: 'nothing comes after a cancellation',
    violation: 'afterCancellation',
    mutate(record, random) {
      const watch = pickWatch(record, random, ({ canceledAt }) => canceledAt !== undefined)
      const events = watch && pick(random, record.log.changes)?.events
      return events && insertResponse(record, watch, watch.canceledAt!, { events })
    },
  },
]
