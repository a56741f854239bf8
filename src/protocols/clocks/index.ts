/** Logical clocks: Lamport's, vectors, dotted version vectors and hybrid ones. `DESIGN.md` says which is for what. */
export type { NodeId } from '../../core/ids.ts'
export type { CausalOrder } from './causal-order.ts'
export {
  readLamport,
  readSiblings,
  readVectorClock,
  readVersion,
  writeLamport,
  writeSiblings,
  writeVectorClock,
  writeVersion,
} from './clock-codec.ts'
export { compareVersions, type DottedVersion } from './dotted-version.ts'
export {
  compareHybrid,
  HybridClock,
  type HybridStamp,
  packHybrid,
  readHybrid,
  unpackHybrid,
  writeHybrid,
} from './hybrid-clock.ts'
export { compareLamport, LamportClock, type LamportStamp } from './lamport-clock.ts'
export { type Sibling, Siblings } from './siblings.ts'
export { compareDots, type Dot, VectorClock } from './vector-clock.ts'
