/** A rumour broadcast: what one member says, all hear, without anybody who knows them all. See `DESIGN.md`. */
export type { NodeId } from '../../core/ids.ts'
export { type Random, randomFromSeed } from '../../core/prng.ts'
export type { Instant } from '../../core/time.ts'
export { Gossip, type GossipEffect, type GossipInput } from './gossip.ts'
export { decodeMessage, encodeMessage } from './gossip-codec.ts'
export type { GossipMessage, SourceDigest } from './message.ts'
export type { Ending, GossipOptions } from './options.ts'
export type { Rumour, RumourId, Source } from './rumour.ts'
