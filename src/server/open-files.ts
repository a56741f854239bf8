/**
 * Who gets the process's open files. A node that cannot open the next file of its log must stop, so what anybody
 * on the network can take is bounded below what the node itself needs.
 */
import { QuorateError } from '../core/errors.ts'
import { GREETINGS_MAX } from '../replication/peers/limits.ts'
import { CONNECTIONS_MAX, CONNECTIONS_MIN, FILES_RESERVE_MIN, FILES_RESERVE_SHARE } from './limits.ts'

export const OpenFilesErrors = {
  /** The system lets this process open too few files for a node and its clients. */
  tooFew: 'QUORATE_OPEN_FILES_TOO_FEW',
} as const

/** Each of the peers' three lanes, the one that we dial and the one that they dial. */
const CONNECTIONS_PER_PEER = 6

/**
 * Client connections that a node may hold at the same time. Throws `QUORATE_OPEN_FILES_TOO_FEW`: a node that started
 * all the same would be one that any client can stop.
 *
 * @param openFilesMax is absent where nothing limits them (the simulator).
 * @param peers counts the other members.
 */
export function clientConnectionsMax(openFilesMax: number | undefined, peers: number): number {
  if (openFilesMax === undefined) return CONNECTIONS_MAX
  const files = Math.max(FILES_RESERVE_MIN, Math.ceil(openFilesMax * FILES_RESERVE_SHARE))
  const reserve = files + GREETINGS_MAX + CONNECTIONS_PER_PEER * peers
  const left = openFilesMax - reserve
  if (left >= CONNECTIONS_MIN) return Math.min(CONNECTIONS_MAX, left)
  const needed = reserve + CONNECTIONS_MIN
  throw new QuorateError(
    OpenFilesErrors.tooFew,
    `this process may open ${openFilesMax} files, and a node of this cluster needs ${needed}`,
    'refused',
    { hint: 'raise the limit (ulimit -n, or LimitNOFILE= of systemd); 65536 is plenty' },
  )
}
