/**
 * A configuration: who votes and who learns, in which slots. Membership changes through the log, after "Paxos Made
 * Simple" §3: what is chosen in slot i decides who votes from slot i + alpha on, so that up to alpha slots can be
 * open at a time and each has exactly one set of voters. A configuration is proposed only once everything before its
 * slot is chosen (`reconfiguring.ts`); so what it says of its predecessor is true, and the newest one at or below an
 * index tells who votes in every slot that may still be open there.
 *
 * Every member has a *seat*, which makes its ballots its own; a seat is never given to anybody else.
 * The bytes are the data of `configuration` entries and `LogBase.configuration`; no bytes means nobody.
 */
import { ByteReader, ByteWriter, EMPTY } from '../../../core/bytes.ts'
import { type Index, NOBODY, type NodeId } from '../../../core/ids.ts'
import { bug } from '../../../core/seams.ts'
import type { GroupConfiguration, Membership } from '../../consensus.ts'
import { SEATS_MAX } from '../limits.ts'
import { ALPHA } from './limits.ts'

export interface Configuration extends Membership {
  /** The slot in which it was chosen; 0 of the one that the group began with, which holds from the first slot on. */
  readonly chosenAt: Index
  readonly alpha: number
  /** In the order of the members: voters first, then learners. */
  readonly seats: readonly number[]
  /** How many seats were ever given. */
  readonly seatsGiven: number
  /** In force until this one is. */
  readonly before: Membership
  /** What the group wanted to be known with it. */
  readonly context: Uint8Array
  /** Counts the changes. */
  readonly version: number
}

const FORMAT = 1

const NO_MEMBERS: Membership = { voters: [], learners: [] }

/** Of a node that has yet to be told of any configuration. It cannot campaign. */
export const NO_CONFIGURATION: Configuration = {
  ...NO_MEMBERS,
  chosenAt: 0 as Index,
  alpha: ALPHA,
  seats: [],
  seatsGiven: 0,
  before: NO_MEMBERS,
  context: EMPTY,
  version: 0,
}

/** The first slot in which it is in force. */
export function firstSlotOf(configuration: Configuration): Index {
  const { chosenAt, alpha } = configuration
  if (votesAtOnce(configuration)) return (chosenAt + 1) as Index
  return (chosenAt === 0 ? 0 : chosenAt + alpha) as Index
}

/** Whether whoever joins has a say in slots that are open already: never, but in the museum. */
export function votesAtOnce({ chosenAt }: Configuration): boolean {
  return chosenAt > 0 && bug('paxos-alpha-ignored')
}

/** Everybody, voters first. */
export function membersOf({ voters, learners }: Membership): NodeId[] {
  return [...voters, ...learners]
}

/** The seat of a member; undefined of anybody else. */
export function seatFor(configuration: Configuration, id: NodeId): number | undefined {
  return configuration.seats[membersOf(configuration).indexOf(id)]
}

/**
 * As the group sees it, if what is chosen is known up to here. Who leaves with it has a say in the slots before its
 * first one; and once something is chosen in that one, all who stay can go on alone (`reconfiguring.ts`).
 */
export function groupConfiguration(configuration: Configuration, chosen: Index): GroupConfiguration {
  const { voters, learners, context, version, before } = configuration
  const told = { membership: { voters, learners }, context, version }
  if (chosen >= firstSlotOf(configuration)) return told
  const staying = membersOf(configuration)
  const leaving = before.voters.filter(id => !staying.includes(id))
  return leaving.length > 0 ? { ...told, leaving } : told
}

/** The bytes of a group's first configuration. */
export function bootstrapConfiguration(
  membership: Membership,
  context: Uint8Array = EMPTY,
  alpha: number = ALPHA,
): Uint8Array {
  const { voters, learners } = sorted(membership)
  const seats = membersOf({ voters, learners }).map((_, place) => place)
  const members = { voters, learners, seats, seatsGiven: seats.length, before: NO_MEMBERS }
  return encodeConfiguration({ chosenAt: 0 as Index, alpha, ...members, context, version: 0 })
}

/** What follows `current` if it is chosen in this slot; undefined if the wish makes no sense. */
export function planChange(
  current: Configuration,
  wish: Membership,
  context: Uint8Array,
  chosenAt: Index,
): Configuration | undefined {
  const { voters, learners } = sorted(wish)
  const members = membersOf({ voters, learners })
  if (voters.length === 0 || new Set(members).size !== members.length || members.includes(NOBODY))
    return undefined
  let { seatsGiven } = current
  const seats = members.map(id => seatFor(current, id) ?? seatsGiven++)
  if (seatsGiven > SEATS_MAX) return undefined
  const before = { voters: current.voters, learners: current.learners }
  const { alpha } = current
  const version = current.version + 1
  return { chosenAt, alpha, voters, learners, seats, seatsGiven, before, context, version }
}

export function encodeConfiguration(configuration: Configuration): Uint8Array {
  const to = new ByteWriter(128)
  to.u8(FORMAT)
  to.varint(configuration.version)
  to.varint(configuration.chosenAt)
  to.varint(configuration.alpha)
  writeMembership(to, configuration)
  for (const seat of configuration.seats) to.varint(seat)
  to.varint(configuration.seatsGiven)
  writeMembership(to, configuration.before)
  to.sizedBytes(configuration.context)
  return to.finish()
}

/** Throws `DecodeError`. */
export function decodeConfiguration(data: Uint8Array): Configuration {
  if (data.length === 0) return NO_CONFIGURATION
  const from = new ByteReader(data)
  if (from.u8() !== FORMAT) throw from.error('unknown configuration format')
  const version = from.varint()
  const chosenAt = from.varint() as Index
  const alpha = from.varint()
  const { voters, learners } = readMembership(from)
  const seats = membersOf({ voters, learners }).map(() => from.varint())
  const seatsGiven = from.varint()
  const before = readMembership(from)
  const context = from.sizedBytes()
  from.end()
  if (alpha < 2) throw from.error('a window without a slot between two configurations')
  if (voters.length === 0) throw from.error('a configuration without voters')
  if (learners.some(id => voters.includes(id))) throw from.error('a learner that votes')
  if (new Set(seats).size !== seats.length) throw from.error('two members in a seat')
  if (seatsGiven > SEATS_MAX || seats.some(seat => seat >= seatsGiven)) throw from.error('a seat not given')
  return { chosenAt, alpha, voters, learners, seats, seatsGiven, before, context, version }
}

function writeMembership(to: ByteWriter, { voters, learners }: Membership): void {
  for (const ids of [voters, learners]) {
    to.varint(ids.length)
    for (const id of ids) to.u64big(id)
  }
}

/** Both lists strictly ascending, so that equal memberships have equal bytes. */
function readMembership(from: ByteReader): Membership {
  const voters = readIds(from)
  return { voters, learners: readIds(from) }
}

function readIds(from: ByteReader): NodeId[] {
  const count = from.varint()
  if (count * 8 > from.remaining) throw from.error('truncated')
  const ids: NodeId[] = []
  for (let previous = NOBODY; ids.length < count; previous = ids.at(-1)!) {
    const id = from.u64big() as NodeId
    if (id <= previous) throw from.error('ids out of order')
    ids.push(id)
  }
  return ids
}

function sorted({ voters, learners }: Membership): Membership {
  return { voters: voters.toSorted(byId), learners: learners.toSorted(byId) }
}

function byId(a: NodeId, b: NodeId): number {
  return a < b ? -1 : a > b ? 1 : 0
}
