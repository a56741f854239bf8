/** The transport between nodes. */
export { PEER_ERRORS } from './complaints.ts'
export type { PeerHandlers, PeerRuntime } from './context.ts'
export { askToJoin, type JoinOutcome } from './join-call.ts'
export type { PeerMeasures } from './peer.ts'
export { Peers, type PeersOptions } from './peers.ts'
