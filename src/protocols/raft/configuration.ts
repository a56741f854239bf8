/**
 * A configuration: who votes, and who merely follows (Raft §6). While a change is under way it is *joint*:
 * `outgoing` holds the voters of C_old beside the `voters` of C_new, and everything needs a majority of each.
 * The bytes are the data of `configuration` entries and `LogBase.configuration`; no bytes means nobody.
 */
import { ByteReader, ByteWriter, EMPTY } from '../../core/bytes.ts'
import { NOBODY, type NodeId } from '../../core/ids.ts'
import type { GroupConfiguration, Membership } from '../consensus.ts'

export interface Configuration {
  readonly voters: readonly NodeId[]
  /** The voters of C_old while the configuration is joint; else empty. */
  readonly outgoing: readonly NodeId[]
  /** May overlap with `outgoing`: a voter that is being demoted. */
  readonly learners: readonly NodeId[]
  /** What the group wanted to be known with it. */
  readonly context: Uint8Array
  /** Counts the changes; both configurations that a joint change goes through have the same. */
  readonly version: number
}

/** The first one had neither versions nor, behind a joint configuration, a context. */
const FORMAT_WITHOUT_VERSION = 1
const FORMAT = 2

/** Of a node that has yet to be told of any configuration. It cannot campaign. */
export const NO_CONFIGURATION: Configuration = {
  voters: [],
  outgoing: [],
  learners: [],
  context: EMPTY,
  version: 0,
}

export function isJoint(configuration: Configuration): boolean {
  return configuration.outgoing.length > 0
}

export function isVoter(configuration: Configuration, id: NodeId): boolean {
  return configuration.voters.includes(id) || configuration.outgoing.includes(id)
}

/** Everybody whom the leader replicates to, sorted. */
export function members(configuration: Configuration): NodeId[] {
  const all = new Set([...configuration.voters, ...configuration.outgoing, ...configuration.learners])
  return [...all].sort(byId)
}

/** Everybody whose vote may count, sorted. */
export function allVoters(configuration: Configuration): NodeId[] {
  return [...new Set([...configuration.voters, ...configuration.outgoing])].sort(byId)
}

/** The membership that is in force, or, of a joint configuration, the one that will be. */
export function membershipOf(configuration: Configuration): Membership {
  return { voters: configuration.voters, learners: configuration.learners }
}

/** As the group sees it. While it is joint nothing is decided without those who leave with it. */
export function groupConfiguration(configuration: Configuration): GroupConfiguration {
  const { voters, outgoing, learners, context, version } = configuration
  const leaving = outgoing.filter(id => !voters.includes(id) && !learners.includes(id))
  return { membership: membershipOf(configuration), context, version, ...(leaving.length > 0 && { leaving }) }
}

/** The bytes of a group's first configuration. */
export function bootstrapConfiguration(membership: Membership, context: Uint8Array = EMPTY): Uint8Array {
  const voters = [...membership.voters].sort(byId)
  const learners = [...membership.learners].sort(byId)
  return encodeConfiguration({ voters, outgoing: [], learners, context, version: 0 })
}

export function encodeConfiguration(configuration: Configuration): Uint8Array {
  const to = new ByteWriter(64)
  to.u8(FORMAT)
  to.varint(configuration.version)
  writeIds(to, configuration.voters)
  writeIds(to, configuration.outgoing)
  writeIds(to, configuration.learners)
  to.sizedBytes(configuration.context)
  return to.finish()
}

/** Throws `DecodeError`. */
export function decodeConfiguration(data: Uint8Array): Configuration {
  if (data.length === 0) return NO_CONFIGURATION
  const from = new ByteReader(data)
  const format = from.u8()
  if (format !== FORMAT && format !== FORMAT_WITHOUT_VERSION) {
    throw from.error('unknown configuration format')
  }
  const version = format === FORMAT ? from.varint() : 0
  const voters = readIds(from)
  const outgoing = readIds(from)
  const learners = readIds(from)
  const context = from.sizedBytes()
  from.end()
  if (voters.length === 0) throw from.error('a configuration without voters')
  if (learners.some(id => voters.includes(id))) throw from.error('a learner that votes')
  return { voters, outgoing, learners, context, version }
}

export function byId(a: NodeId, b: NodeId): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function writeIds(to: ByteWriter, ids: readonly NodeId[]): void {
  to.varint(ids.length)
  for (const id of ids) to.u64big(id)
}

/** Strictly ascending, so that equal configurations have equal bytes. */
function readIds(from: ByteReader): NodeId[] {
  const count = from.varint()
  if (count * 8 > from.remaining) throw from.error('truncated')
  const ids: NodeId[] = []
  let previous = NOBODY
  for (let i = 0; i < count; i++) {
    const id = from.u64big() as NodeId
    if (id <= previous) throw from.error('ids out of order')
    ids.push(id)
    previous = id
  }
  return ids
}
