/** A recorded stream taken apart into its watches, and put together again with something changed. */
import type { Random } from '../../../core/prng.ts'
import type { ResponseReceived, WatchCreate, WatchResponse, WatchStreamEvent } from '../watch-record.ts'
import { insertAt, pick, replaceAt } from './mutants.ts'
import type { WatchRecord } from './watch-model.ts'

/** A watch that was created; places are those of its events in its stream. */
export interface Watch {
  readonly stream: number
  readonly sentAt: number
  readonly createdAt: number
  readonly id: bigint
  readonly create: WatchCreate
  readonly start: number
  /** The revision in the header of the answer to its creation. */
  readonly createdRevision: number
  readonly deliveries: number[]
  /** Of its own, or of all watches. */
  readonly progress: number[]
  canceledAt: number | undefined
}

export function watchesOf({ streams }: WatchRecord): Watch[] {
  return streams.flatMap(({ events }, stream) => {
    const watches: Watch[] = []
    const pending: number[] = []
    const live = new Map<bigint, Watch>()
    for (const [place, event] of events.entries()) {
      if (event.kind === 'create') pending.push(place)
      if (event.kind !== 'response') continue
      const { response } = event
      if (response.created) {
        const sentAt = pending.shift()!
        if (response.canceled) continue
        const watch = createdWatch(stream, sentAt, place, events)
        watches.push(watch)
        live.set(watch.id, watch)
      } else if (response.watchId < 0n) for (const watch of live.values()) watch.progress.push(place)
      else if (response.canceled) {
        live.get(response.watchId)!.canceledAt = place
        live.delete(response.watchId)
      } else {
        const watch = live.get(response.watchId)!
        const places = response.events.length > 0 ? watch.deliveries : watch.progress
        places.push(place)
      }
    }
    return watches
  })
}

function createdWatch(
  stream: number,
  sentAt: number,
  createdAt: number,
  events: readonly WatchStreamEvent[],
): Watch {
  const { create } = events[sentAt] as WatchStreamEvent & { kind: 'create' }
  const { revision, watchId } = (events[createdAt] as ResponseReceived).response
  const start = create.startRevision === 0 ? revision + 1 : create.startRevision
  const places = { stream, sentAt, createdAt, canceledAt: undefined, deliveries: [], progress: [] }
  return { ...places, id: watchId, create, start, createdRevision: revision }
}

export function receivedAt({ streams }: WatchRecord, { stream }: Watch, place: number): ResponseReceived {
  return streams[stream]!.events[place] as ResponseReceived
}

export function responseAt(record: WatchRecord, watch: Watch, place: number): WatchResponse {
  return receivedAt(record, watch, place).response
}

export function isSettled({ streams }: WatchRecord, { stream }: Watch): boolean {
  return streams[stream]!.settledAt !== undefined
}

/** The place of the next response that says something about the watch. */
export function nextPlace({ deliveries, progress, canceledAt }: Watch, place: number): number | undefined {
  const later = [...deliveries, ...progress, ...(canceledAt === undefined ? [] : [canceledAt])]
  return later.filter(other => other > place).sort((a, b) => a - b)[0]
}

/** One of the deliveries that fit, of all watches. */
export function pickDelivery(
  record: WatchRecord,
  random: Random,
  fits: (response: WatchResponse, watch: Watch, place: number) => boolean,
): { readonly watch: Watch; readonly place: number; readonly response: WatchResponse } | undefined {
  const all = watchesOf(record).flatMap(watch =>
    watch.deliveries.map(place => ({ watch, place, response: responseAt(record, watch, place) })),
  )
  return pick(
    random,
    all.filter(({ watch, place, response }) => fits(response, watch, place)),
  )
}

export function pickWatch(
  record: WatchRecord,
  random: Random,
  fits: (watch: Watch) => boolean,
): Watch | undefined {
  return pick(random, watchesOf(record).filter(fits))
}

export function withEvents(
  record: WatchRecord,
  stream: number,
  change: (events: readonly WatchStreamEvent[]) => readonly WatchStreamEvent[],
): WatchRecord {
  const changed = record.streams[stream]!
  return {
    log: record.log,
    streams: replaceAt(record.streams, stream, { ...changed, events: change(changed.events) }),
  }
}

/** Puts responses, received at the same time, in place of one. */
export function replaceResponse(
  record: WatchRecord,
  watch: Watch,
  place: number,
  ...by: readonly Partial<WatchResponse>[]
): WatchRecord {
  const { at, response } = receivedAt(record, watch, place)
  const received = by.map(one => ({ kind: 'response', at, response: { ...response, ...one } }) as const)
  return withEvents(record, watch.stream, events => replaceAt(events, place, ...received))
}

/** Puts a response of the watch behind a place. */
export function insertResponse(
  record: WatchRecord,
  watch: Watch,
  place: number,
  response: Partial<WatchResponse>,
): WatchRecord {
  const { at } = record.streams[watch.stream]!.events[place]!
  const nothing = { created: false, canceled: false, compactRevision: 0, cancelReason: '', fragment: false }
  const full = { ...nothing, revision: watch.createdRevision, watchId: watch.id, events: [], ...response }
  return withEvents(record, watch.stream, events =>
    insertAt(events, place + 1, { kind: 'response', at, response: full }),
  )
}

export function dropAt(record: WatchRecord, { stream }: Watch, place: number): WatchRecord {
  return withEvents(record, stream, events => replaceAt(events, place))
}

/** Two responses in each other's place and time. */
export function swap(record: WatchRecord, watch: Watch, one: number, other: number): WatchRecord {
  const first = responseAt(record, watch, one)
  const second = responseAt(record, watch, other)
  return replaceResponse(replaceResponse(record, watch, one, second), watch, other, first)
}
