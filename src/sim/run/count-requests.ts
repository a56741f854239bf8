/** Classes of faults that lie in what clients ask, and in what they are refused. */
import type { ClientError } from '../../client/errors.ts'
import type { ProbeName } from '../../core/seams.ts'
import { EtcdErrors } from '../../services/etcd/errors.ts'
import type { StoreHistory, StoreRequest } from '../checkers/history.ts'
import type { FaultClassId } from '../faults/fault-classes.ts'
import type { FaultCounts } from '../faults/fault-counts.ts'
import { LARGE_VALUE_BYTES } from '../workloads/limits.ts'

/** By etcd's words. */
const REFUSALS: ReadonlyMap<string, FaultClassId> = new Map([
  [EtcdErrors.requestTooLarge.message, 'P6'],
  [EtcdErrors.tooManyOperations.message, 'P6'],
])

/** What a client may never hear of, because the next member that it asks has room. */
const SITUATIONS: ReadonlyMap<ProbeName, FaultClassId> = new Map([
  ['etcd: the store was full', 'P6'],
  ['group: too many proposals were waiting', 'U3'],
  ['group: too many reads were waiting', 'U3'],
])

/** A member met a limit. */
export function countSituation(probe: ProbeName, counts: FaultCounts): void {
  const id = SITUATIONS.get(probe)
  if (id !== undefined) counts.add(id)
}

/** A request met a limit. */
export function countFailure({ message }: ClientError, counts: FaultCounts): void {
  const id = REFUSALS.get(message)
  if (id !== undefined) counts.add(id)
}

/** Requests whose outcome nobody knows, and odd ones; once the run is over. */
export function countRequests(history: StoreHistory, counts: FaultCounts): void {
  counts.add('U1', history.filter(({ outcome }) => outcome.kind === 'unknown').length)
  counts.add('U2', history.filter(({ request }) => isOdd(request)).length)
}

/** A huge or empty value, or a key at the edge of others. */
function isOdd(request: StoreRequest): boolean {
  if (request.kind !== 'put') return false
  const { key, value } = request.put
  const last = key.at(-1)
  return value.length === 0 || value.length >= LARGE_VALUE_BYTES || last === 0 || last === 0xff
}
