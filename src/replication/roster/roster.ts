/**
 * Who the members of a group are: what a configuration says of them, and what the group keeps with it as its context.
 * So every member knows all the others by name and address from its own log, or from the snapshot that it was sent.
 *
 * The context, little-endian: format version u8; the members in the order of their ids: id u64, name, life u64, flags
 * u8, peer URLs, client URLs; the ids of those who were removed. Texts are a varint length and UTF-8, lists a varint
 * count. Who votes stands in the configuration itself, and nowhere else.
 */
import { ByteReader, ByteWriter } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import { utf8Bytes, utf8Text } from '../../core/utf8.ts'
import type { GroupConfiguration } from '../../protocols/consensus.ts'
import { REMOVED_MAX } from './limits.ts'

export interface RosterMember {
  readonly id: NodeId
  /** Empty until the member has started for the first time. */
  readonly name: string
  readonly peerUrls: readonly string[]
  /** Empty until the member has said which. */
  readonly clientUrls: readonly string[]
  readonly isLearner: boolean
  /** A learner that is to vote as soon as it has caught up. */
  readonly isToVote: boolean
  /**
   * Names the empty directory on which a member that was added began; `NO_LIFE` until it has. On any other empty
   * directory the member is one that has lost its disk (`docs/decisions/0008-members-that-join.md`).
   */
  readonly life: bigint
}

export interface Roster {
  /** Of the configuration that it stands in: what a change is made from. */
  readonly version: number
  /** By ascending id. */
  readonly members: readonly RosterMember[]
  /** Who was a member and never is again; the newest last. */
  readonly removed: readonly NodeId[]
}

const FORMAT = 1
const TO_VOTE = 1

/** Of a member that was added and has not begun: it has promised nothing to anybody. */
export const NO_LIFE = 0n

/** Of those who were there when the group began: no directory of theirs is that of a member just added. */
export const FIRST_LIFE = 1n

/** Of a member of which nothing is known but its id. */
export const UNKNOWN_MEMBER: Omit<RosterMember, 'id' | 'isLearner'> = {
  name: '',
  peerUrls: [],
  clientUrls: [],
  isToVote: false,
  life: FIRST_LIFE,
}

/** Throws `DecodeError`. Without a context, as the first version made them, all that is known are the ids. */
export function readRoster({ membership, context, version }: GroupConfiguration): Roster {
  const { details, removed } = readContext(context)
  const seat = (isLearner: boolean) => (id: NodeId) => ({
    ...(details.get(id) ?? { ...UNKNOWN_MEMBER, id }),
    isLearner,
  })
  const members = [...membership.voters.map(seat(false)), ...membership.learners.map(seat(true))]
  return { version, members: members.toSorted(byId), removed }
}

/** The context for a configuration of these members. */
export function writeRoster({ members, removed }: Pick<Roster, 'members' | 'removed'>): Uint8Array {
  const to = new ByteWriter(512)
  to.u8(FORMAT)
  to.varint(members.length)
  for (const { id, name, life, isToVote, peerUrls, clientUrls } of members.toSorted(byId)) {
    to.u64big(id)
    writeText(to, name)
    to.u64big(life)
    to.u8(isToVote ? TO_VOTE : 0)
    writeTexts(to, peerUrls)
    writeTexts(to, clientUrls)
  }
  const kept = removed.slice(-REMOVED_MAX)
  to.varint(kept.length)
  for (const id of kept) to.u64big(id)
  return to.finish()
}

export function memberOf(roster: Roster, id: NodeId): RosterMember | undefined {
  return roster.members.find(member => member.id === id)
}

/** A member with a name has been started. */
export function isStarted({ name }: RosterMember): boolean {
  return name !== ''
}

type Details = Omit<RosterMember, 'isLearner'>

interface Context {
  readonly details: ReadonlyMap<NodeId, Details>
  readonly removed: readonly NodeId[]
}

function readContext(bytes: Uint8Array): Context {
  const details = new Map<NodeId, Details>()
  if (bytes.length === 0) return { details, removed: [] }
  const from = new ByteReader(bytes)
  if (from.u8() !== FORMAT) throw from.error('unknown version of a roster')
  for (let left = readCount(from, 8); left > 0; left--) {
    const member = readMember(from)
    details.set(member.id, member)
  }
  const removed = Array.from({ length: readCount(from, 8) }, () => from.u64big() as NodeId)
  from.end()
  return { details, removed }
}

function readMember(from: ByteReader): Details {
  const id = from.u64big() as NodeId
  const name = utf8Text(from.sizedBytes())
  const life = from.u64big()
  const flags = from.u8()
  if (flags > TO_VOTE) throw from.error('unknown flags of a member')
  const peerUrls = readTexts(from)
  return { id, name, life, isToVote: flags === TO_VOTE, peerUrls, clientUrls: readTexts(from) }
}

/** Of elements that take so many bytes at least. */
function readCount(from: ByteReader, bytesEach: number): number {
  const count = from.varint()
  if (count * bytesEach > from.remaining) throw from.error('truncated')
  return count
}

function writeText(to: ByteWriter, text: string): void {
  to.sizedBytes(utf8Bytes(text))
}

function writeTexts(to: ByteWriter, texts: readonly string[]): void {
  to.varint(texts.length)
  for (const text of texts) writeText(to, text)
}

function readTexts(from: ByteReader): string[] {
  return Array.from({ length: readCount(from, 1) }, () => utf8Text(from.sizedBytes()))
}

function byId(a: { readonly id: NodeId }, b: { readonly id: NodeId }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0
}
