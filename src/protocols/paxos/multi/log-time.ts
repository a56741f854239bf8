/**
 * What time it is by the log: a function of what is chosen, so that all members compute the same. Leases live by it,
 * so it must never have gone on by more between two slots than truly passed between the proposals in them.
 *
 * Every proposal bears the time of its leader's clock. In Raft that would do: what a leader appends stands behind all
 * that it knew. Here a leader that stood still proposes in slots of which others know nothing; what nobody has chosen
 * there a later leader may have to propose again, as it was, behind what was chosen since. Its time tells nothing
 * about what came before it.
 *
 * So a leader's clock counts only in an unbroken *run* of slots that it was the first to propose in. The first of them
 * opens the run, and is proposed once the leader knows all that was chosen before: its clock goes on from the time of
 * that. The run ends with the first slot that was born in another ballot, for then somebody else had taken over; and
 * time stands still until that one opens a run. What is counted between two slots is therefore what one clock measured
 * between proposals in this order, or what passed since a leader knew everything up to a slot.
 */
import type { Entry } from '../../../core/entry.ts'
import type { Ballot } from '../../../core/ids.ts'
import type { ClusterTime } from '../../../core/time.ts'

export interface LogTime {
  readonly time: ClusterTime
  /** The ballot whose run goes on; `NO_RUN` if none does. */
  readonly run: Ballot
}

export const NO_RUN = 0 as Ballot

/** What the log tells once this entry is chosen in the slot that is next. */
export function timeAfter({ time, run }: LogTime, entry: Entry): LogTime {
  // Written before births were told: the greatest time counted.
  if (entry.born === undefined) return { time: Math.max(time, entry.time) as ClusterTime, run: NO_RUN }
  if (!entry.opens && (entry.born !== run || run === NO_RUN)) return { time, run: NO_RUN }
  return { time: Math.max(time, entry.time) as ClusterTime, run: entry.born }
}

/** The entry as all members hand it out: with the time that the log tells, and the run as its birth. */
export function withLogTime(entry: Entry, { time, run }: LogTime): Entry {
  const born = entry.born === undefined ? undefined : run
  return time === entry.time && born === entry.born ? entry : { ...entry, time, born }
}
