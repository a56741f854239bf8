/** The bully election. It promises one leader only while nothing is late: see `DESIGN.md`. */
import type { ElectionProtocol } from '../election.ts'
import { Bully } from './bully.ts'
import { type BullyMessage, decodeMessage, encodeMessage } from './message.ts'

export type { NodeId } from '../../core/ids.ts'
export type { Instant } from '../../core/time.ts'
export type {
  Election,
  ElectionEffect,
  ElectionInput,
  ElectionOptions,
  ElectionProtocol,
} from '../election.ts'
export type { BullyMessage } from './message.ts'

export const bully: ElectionProtocol<BullyMessage> = {
  name: 'bully',
  create: options => new Bully(options),
  encode: encodeMessage,
  decode: decodeMessage,
}
