/**
 * What the watches of one stream were told, as JSON: by their ids, events in their order, whatever response brought
 * them. It fails where a response breaks a promise by itself: events before the creation, revisions out of order, or
 * one revision in two responses that were not to come in parts.
 */
import { at, type CallStream, type Json, withoutIds } from './etcd-calls.ts'

export interface WatchRecord {
  readonly events: Json[]
  /** The response that ended it. */
  ended: Json | undefined
}

interface OpenRecord extends WatchRecord {
  lastRevision: number
  isWithinParts: boolean
}

export class WatchBook {
  /** Responses to creations, in the order of these. */
  readonly created: Json[] = []
  /** Revisions that were told on request. */
  readonly progress: number[] = []
  readonly #records = new Map<string, OpenRecord>()
  /** Those that were ended, before their ids were given again. */
  readonly #stream: CallStream
  #read = 0

  constructor(stream: CallStream) {
    this.#stream = stream
  }

  /** Reads what has come since the last time. */
  update(): void {
    const { received } = this.#stream
    while (this.#read < received.length) this.#note(received[this.#read++]!)
  }

  record(id: string): WatchRecord {
    const record = this.#records.get(id)
    if (record === undefined) throw new Error(`no watch ${id} was created`)
    return record
  }

  #note(response: Json): void {
    const id = at(response, 'watch_id') || '0'
    const events = (response['events'] ?? []) as Json[]
    if (response['created'] === true) {
      this.created.push(withoutIds(response))
      if (response['canceled'] !== true) {
        this.#records.set(id, { events: [], ended: undefined, lastRevision: 0, isWithinParts: false })
      }
      return
    }
    if (id === '-1') {
      this.progress.push(Number(at(response, 'header.revision')))
      return
    }
    const record = this.record(id) as OpenRecord
    if (record.ended !== undefined) throw new Error(`watch ${id} was told something after its end`)
    if (response['canceled'] === true) record.ended = withoutIds(response)
    if (events.length > 0) this.#noteEvents(id, record, events, response['fragment'] === true)
  }

  #noteEvents(id: string, record: OpenRecord, events: readonly Json[], isPart: boolean): void {
    const first = Number(at(events[0]!, 'kv.mod_revision'))
    const mayRepeat = record.isWithinParts
    if (first < record.lastRevision || (first === record.lastRevision && !mayRepeat)) {
      throw new Error(`watch ${id} was told of ${first} after ${record.lastRevision}`)
    }
    for (const event of events) {
      const revision = Number(at(event, 'kv.mod_revision'))
      if (revision < record.lastRevision) throw new Error(`watch ${id} was told of ${revision} too late`)
      record.lastRevision = revision
      record.events.push(event)
    }
    record.isWithinParts = isPart
  }
}
