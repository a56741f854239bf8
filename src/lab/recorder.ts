/** Writes down what happens in a run, as it happens. It changes nothing in the run, and draws nothing. */
import type { NodeId } from '../core/ids.ts'
import type { FlightEvent } from '../sim/message-network.ts'
import { EVENTS_RECORDED_MAX, MESSAGES_RECORDED_MAX } from './limits.ts'
import type {
  Absence,
  PartitionBand,
  RecordedEvent,
  RecordedEventKind,
  RecordedMessage,
} from './recording.ts'

/** A message in words. */
export interface MessageWords {
  readonly kind: string
  readonly text: string
  readonly isRoutine?: boolean
}

/** What is still open of something that lasts. */
type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }

export class Recorder {
  readonly messages: RecordedMessage[] = []
  readonly events: RecordedEvent[] = []
  readonly partitions: PartitionBand[] = []
  readonly absences: Absence[] = []
  readonly leftOut = { messages: 0, events: 0 }
  /** What virtual time it is; set once there is a world. */
  nowUs: () => number = () => 0
  readonly #ids: readonly NodeId[]
  /** Messages under way, by flight. */
  readonly #flying = new Map<number, Mutable<RecordedMessage>>()
  readonly #states = new Map<number, string>()
  #openPartition: Mutable<PartitionBand> | undefined
  readonly #openAbsences = new Map<number, Mutable<Absence>>()
  #order = 0

  constructor(ids: readonly NodeId[]) {
    this.#ids = ids
  }

  placeOf(id: NodeId): number {
    return this.#ids.indexOf(id)
  }

  /** For `onFlight` of a network. */
  flightsIn<Message>(words: (message: Message) => MessageWords): (event: FlightEvent<Message>) => void {
    return event => {
      if (event.kind === 'sent') {
        const { flight, from, to, message } = event
        this.#sent(flight, from, to, words(message))
        return
      }
      const message = this.#flying.get(event.flight)
      if (message === undefined) return
      this.#flying.delete(event.flight)
      message.endsAtUs = this.nowUs()
      if (event.kind === 'lost') message.lost = event.why
    }
  }

  event(kind: RecordedEventKind, node: NodeId | undefined, text: string, phase?: string): void {
    if (this.events.length >= EVENTS_RECORDED_MAX) {
      this.leftOut.events++
      return
    }
    const place = node === undefined ? null : this.placeOf(node)
    const event = { order: this.#order++, atUs: this.nowUs(), kind, node: place, text }
    this.events.push(phase === undefined ? event : { ...event, phase })
  }

  /** What a node says of itself: recorded if it is news. The phase is its first word, if nothing else is given. */
  state(node: NodeId, text: string, phase = text.split(' ', 1)[0]!): void {
    const place = this.placeOf(node)
    if (this.#states.get(place) === text) return
    this.#states.set(place, text)
    this.event('state', node, text, phase)
  }

  /** Links are cut from now on; whatever was cut before still is. */
  partitioned(text: string): void {
    this.#endPartition()
    this.#openPartition = { fromUs: this.nowUs(), untilUs: this.nowUs(), text }
    this.partitions.push(this.#openPartition)
  }

  healed(): void {
    this.#endPartition()
  }

  gone(node: NodeId, kind: Absence['kind']): void {
    const place = this.placeOf(node)
    this.back(node)
    const absence = { node: place, kind, fromUs: this.nowUs(), untilUs: this.nowUs() }
    this.absences.push(absence)
    this.#openAbsences.set(place, absence)
    if (kind === 'down') this.#states.delete(place)
  }

  back(node: NodeId): void {
    const place = this.placeOf(node)
    const absence = this.#openAbsences.get(place)
    if (absence === undefined) return
    absence.untilUs = this.nowUs()
    this.#openAbsences.delete(place)
  }

  /** The run is over: what lasts, lasted until now. */
  end(): void {
    this.#endPartition()
    for (const absence of this.#openAbsences.values()) absence.untilUs = this.nowUs()
    this.#openAbsences.clear()
  }

  #sent(flight: number, from: NodeId, to: NodeId, { kind, text, isRoutine = false }: MessageWords): void {
    if (this.messages.length >= MESSAGES_RECORDED_MAX) {
      this.leftOut.messages++
      return
    }
    const message: Mutable<RecordedMessage> = {
      order: this.#order++,
      from: this.placeOf(from),
      to: this.placeOf(to),
      kind,
      text,
      isRoutine,
      sentAtUs: this.nowUs(),
      endsAtUs: null,
      lost: null,
    }
    this.messages.push(message)
    this.#flying.set(flight, message)
  }

  #endPartition(): void {
    if (this.#openPartition === undefined) return
    this.#openPartition.untilUs = this.nowUs()
    this.#openPartition = undefined
  }
}
