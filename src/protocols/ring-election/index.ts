/** The ring election. It promises one leader only while nothing is late: see `DESIGN.md`. */
import type { ElectionProtocol } from '../election.ts'
import { decodeMessage, encodeMessage, type RingMessage } from './message.ts'
import { RingElection } from './ring-election.ts'

export type { NodeId } from '../../core/ids.ts'
export type { Instant } from '../../core/time.ts'
export type {
  Election,
  ElectionEffect,
  ElectionInput,
  ElectionOptions,
  ElectionProtocol,
} from '../election.ts'
export type { RingMessage } from './message.ts'

export const ringElection: ElectionProtocol<RingMessage> = {
  name: 'ring-election',
  create: options => new RingElection(options),
  encode: encodeMessage,
  decode: decodeMessage,
}
