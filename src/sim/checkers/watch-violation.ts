/** The promises of watches (etcd's "API guarantees"), each by the name of how it is broken. */
import type { Change, Compaction } from './committed-log.ts'
import type { Violation } from './violation.ts'
import type { WatchStreamEvent } from './watch-record.ts'

export type WatchViolation = Violation<WatchViolationName, WatchStreamEvent | Change | Compaction>

export type WatchViolationName =
  // Filtered.
  | 'outsideRange'
  | 'filteredKind'
  | 'belowStart'
  // Nothing is delivered but what was committed.
  | 'invented'
  | 'wrongPrevious'
  // Ordered, unique, atomic, reliable.
  | 'outOfOrder'
  | 'duplicate'
  /** Events of one revision in two responses, or some of them in none. */
  | 'torn'
  /** A revision was left out although a later one was seen. */
  | 'gap'
  /** The run came to rest and the last revisions never came. */
  | 'lost'
  // Fragments.
  | 'unaskedFragment'
  | 'fragmentUnfinished'
  // Bookmarkable.
  /** A progress notification overtook events up to its revision. */
  | 'progressOvertook'
  /** One at a revision before the first that the watch is to see. */
  | 'progressBelowStart'
  | 'unaskedProgress'
  // Resumable.
  /** A reader went on behind revisions that it had not seen. */
  | 'resumedLate'
  /** A reader went on at revisions that it had seen. */
  | 'resumedEarly'
  // Created, canceled, compacted.
  | 'beforeCreated'
  | 'afterCancellation'
  | 'wrongWatchId'
  | 'unknownWatch'
  | 'unaskedCreation'
  | 'wronglyRejected'
  /** The id was in use, the range empty or the start negative, and the watch was accepted. */
  | 'wronglyAccepted'
  | 'canceledWithoutCause'
  /** Canceled by a compaction that did not happen, or did not concern the watch. */
  | 'wrongCompaction'
  /** Events or progress although the start was compacted before the watch was created. */
  | 'servedCompacted'
  | 'notCanceled'
  | 'unanswered'
  // Headers.
  | 'headerBelowEvent'
  | 'headerAhead'

export type Accuse = (
  name: WatchViolationName,
  sentence: string,
  events: readonly (WatchStreamEvent | Change | Compaction)[],
) => void
