/** All workloads, by name. */
import { bank } from './bank.ts'
import { counters } from './counters.ts'
import { handovers } from './handovers.ts'
import { heldLeases } from './held-leases.ts'
import { holders } from './holders.ts'
import { kv } from './kv.ts'
import { lastMoments } from './last-moments.ts'
import { leases } from './leases.ts'
import { listAppend } from './list-append.ts'
import { locks } from './locks.ts'
import type { WorkloadName } from './plan.ts'
import { registers } from './registers.ts'
import { rights } from './rights.ts'
import { room } from './room.ts'
import { watchStreams } from './watch-streams.ts'
import { watches } from './watches.ts'
import type { Workload } from './workload.ts'

export { ROOT } from './guests.ts'
export { LeaseBook } from './lease-book.ts'
export type { Plan, WorkloadName } from './plan.ts'
export { jsonStep } from './plan.ts'
export { RecordedClient } from './recorded-client.ts'
export { ALL_KEYS } from './requests.ts'
export { WatchNotebook } from './watch-notebook.ts'
export type { RunningWorkload, Stage } from './workload.ts'

export const WORKLOADS: Readonly<Record<WorkloadName, Workload>> = {
  kv,
  listAppend,
  bank,
  counters,
  registers,
  locks,
  holders,
  leases,
  lastMoments,
  heldLeases,
  handovers,
  room,
  watches,
  watchStreams,
  rights,
}
