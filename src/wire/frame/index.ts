/** Framing of the connections between nodes: sans-I/O, bytes in and frames out. */
export { FRAME_HEADER_BYTES, FRAME_KIND, NO_GROUP, writeFrame } from './frame.ts'
export { FrameDecoder, type FrameHandler } from './frame-decoder.ts'
export {
  type Hello,
  type PeerLane,
  type Refusal,
  type RefusalReason,
  readHello,
  readRefusal,
  readWelcome,
  type Welcome,
  writeHello,
  writeRefusal,
  writeWelcome,
} from './hello.ts'
export {
  type JoinAnswer,
  type JoinRequest,
  readJoinAnswer,
  readJoinRequest,
  writeJoinAnswer,
  writeJoinRequest,
} from './join.ts'
export { FRAME_BYTES_MAX, GREETING_FRAME_BYTES_MAX } from './limits.ts'
