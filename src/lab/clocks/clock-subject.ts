/**
 * Nodes with logical clocks on a stage, and the truth beside them: for every event the set of all that happened before
 * it, followed along the messages and not by any clock.
 */
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import type { Random } from '../../core/prng.ts'
import { utf8Bytes, utf8Text } from '../../core/utf8.ts'
import { CoreWorld } from '../../sim/core-world.ts'
import type { Opening, Subject } from '../algorithm.ts'
import { observed } from '../observed-core.ts'
import { Stage } from '../stage.ts'
import { type ClockEffect, type ClockInput, type ClockManner, ClockNode, type Told } from './clock-node.ts'

const QUALITY = { delay: { minimumUs: 8000, meanUs: 4000 }, bytesPerMs: 0 }

/** How many pairs of writes are compared in the end. */
const PAIRS_MAX = 10

interface Happening<Stamp> {
  readonly place: number
  readonly node: NodeId
  readonly name: string
  readonly stamp: Stamp
  /** The places, as bits, of everything that happened before it, and its own. */
  readonly history: bigint
  readonly isWrite: boolean
}

type OwnEffect<Stamp> = Exclude<ClockEffect<Stamp>, { readonly kind: 'send' }>

export class ClockSubject<Stamp> implements Subject {
  readonly stage: Stage
  /** What the clocks say, and is not so; or do not say. Each is found at the first pair of events that shows it. */
  readonly found: { disordered?: string; overordered?: string; concurrent?: string; refused?: string } = {}
  /** By how much the wall clock of a node is wrong. */
  readonly skewMs = new Map<NodeId, number>()
  readonly #manner: ClockManner<Stamp>
  readonly #opening: Opening
  readonly #world: CoreWorld<ClockInput<Stamp>, Told<Stamp>, OwnEffect<Stamp>>
  readonly #happenings: Happening<Stamp>[] = []
  readonly #byEvent = new Map<string, Happening<Stamp>>()
  readonly #last = new Map<NodeId, Happening<Stamp>>()
  #writes = 0

  constructor(manner: ClockManner<Stamp>, opening: Opening) {
    const { seed, nodes, recorder, look } = opening
    this.#manner = manner
    this.#opening = opening
    this.#world = new CoreWorld<ClockInput<Stamp>, Told<Stamp>, OwnEffect<Stamp>>({
      seed,
      nodes,
      quality: QUALITY,
      onFlight: recorder.flightsIn(({ value, stamp }) => ({
        kind: 'write',
        text: `${value}, ${manner.words(stamp)}`,
      })),
      protocol: {
        create: ({ id }) =>
          observed(id, new ClockNode(id, manner, () => this.#wallMs(id)), (_, state) => {
            recorder.state(id, state, '')
            look()
          }),
        encode: ({ event, value, stamp }, to) => {
          to.varint(event)
          to.varint(utf8Bytes(value).length)
          to.bytes(utf8Bytes(value))
          manner.write(to, stamp)
        },
        decode: from => ({
          kind: 'write',
          event: from.varint(),
          value: utf8Text(from.bytes(from.varint())),
          stamp: manner.read(from),
        }),
      },
      perform: (id, effect) => this.#perform(id, effect),
    })
    this.stage = new Stage(this.#world, recorder)
    this.#world.startAll()
  }

  /** A node writes something, and tells these others (all, if none are named). */
  write(id: NodeId, to: readonly NodeId[] = this.stage.ids.filter(other => other !== id)): void {
    const value = String.fromCharCode(65 + (this.#writes % 26)) + (this.#writes >= 26 ? this.#writes : '')
    this.#writes++
    this.#opening.recorder.event('ask', id, `is asked to write ${value}`)
    this.#world.give(id, { kind: 'write', value, to })
  }

  ask(random: Random): void {
    const { ids } = this.stage
    this.write(ids[random.below(ids.length)]!)
  }

  conclude(): string[] {
    const writes = this.#happenings.filter(({ isWrite }) => isWrite)
    const pairs = writes.flatMap((a, i) => writes.slice(i + 1).map(b => [a, b] as const))
    const lines = pairs.slice(0, PAIRS_MAX).map(([a, b]) => {
      const truth = happenedBefore(a, b)
        ? `${a.name} happened before ${b.name}`
        : `${a.name} and ${b.name} are concurrent`
      const order = this.#manner.compare(a.stamp, b.stamp)
      const said = order === 'concurrent' || order === 'equal' ? order : `${a.name} ${order} ${b.name}`
      return `${truth}; the stamps ${this.#manner.words(a.stamp)} and ${this.#manner.words(b.stamp)} say: ${said}`
    })
    if (pairs.length > PAIRS_MAX) lines.push(`and ${pairs.length - PAIRS_MAX} more pairs of writes`)
    return lines
  }

  #wallMs(id: NodeId): number {
    return this.#world.clock.wallMs() + (this.skewMs.get(id) ?? 0)
  }

  #perform(id: NodeId, effect: OwnEffect<Stamp>): void {
    const { recorder, look } = this.#opening
    if (effect.kind === 'refused') {
      this.found.refused ??= `${formatNodeId(id)} did not take ${effect.value}: ${effect.why}`
      recorder.event('decision', id, `refuses the stamp of ${effect.value}: ${effect.why}`)
      return look()
    }
    const { event, value, stamp, cause } = effect
    const before = this.#last.get(id)?.history ?? 0n
    const told = cause === undefined ? 0n : this.#byEvent.get(`${cause.node}/${cause.event}`)!.history
    const place = this.#happenings.length
    const name = cause === undefined ? value : `${value} at ${formatNodeId(id)}`
    const history = before | told | (1n << BigInt(place))
    const happening = { place, node: id, name, stamp, history, isWrite: cause === undefined }
    for (const earlier of this.#happenings) this.#compare(earlier, happening)
    this.#happenings.push(happening)
    this.#byEvent.set(`${id}/${event}`, happening)
    this.#last.set(id, happening)
    recorder.event(
      'decision',
      id,
      `${cause === undefined ? 'writes' : 'takes'} ${value}: ${this.#manner.words(stamp)}`,
    )
    look()
  }

  /** What two stamps say of two events, beside the truth. An earlier event is never after a later one. */
  #compare(earlier: Happening<Stamp>, later: Happening<Stamp>): void {
    const said = this.#manner.compare(earlier.stamp, later.stamp)
    const isBefore = happenedBefore(earlier, later)
    const named = ({ name, stamp }: Happening<Stamp>): string => `${name} (${this.#manner.words(stamp)})`
    const pair = `${named(earlier)} and ${named(later)}`
    if (isBefore && said !== 'before')
      this.found.disordered ??= `of ${pair} the first happened before the second, and the stamps say: ${said}`
    if (isBefore || !earlier.isWrite || !later.isWrite) return
    if (said === 'concurrent')
      this.found.concurrent ??= `${pair} are concurrent: nothing says which comes first`
    else this.found.overordered ??= `${pair} are concurrent, and the stamps say: ${said}`
  }
}

function happenedBefore<Stamp>(a: Happening<Stamp>, b: Happening<Stamp>): boolean {
  return ((b.history >> BigInt(a.place)) & 1n) === 1n
}
