/** What is measured, with its unit, in the order of the report. Of all of these less is better. */
export const FIGURES = [
  'preload at random, us a put',
  'preload at random, us a put, calls only',
  'preload at random, us of processor a put',
  'preload at random, bytes written a byte',
  'preload in order, us a put',
  'preload in order, us a put, calls only',
  'preload in order, us of processor a put',
  'preload in order, bytes written a byte',
  'random overwrites, us a put',
  'random overwrites, us a put, calls only',
  'random overwrites, us of processor a put',
  'random overwrites, bytes written a byte',
  'random overwrites, ms until it rests',
  'point reads (head, record), us',
  'point reads (head, record), us of processor',
  'ranges of heads, forward, us',
  'ranges of heads, forward, us of processor',
  'ranges of heads, backward, us',
  'ranges of heads, backward, us of processor',
  'ranges of heads and records, forward, us',
  'ranges of heads and records, forward, us of processor',
  'ranges of heads and records, backward, us',
  'ranges of heads and records, backward, us of processor',
  'a block of 4 KiB read and checked bare, us of processor',
  'count of a range, us',
  'resident, MiB',
  'resident without files, MiB',
  'resident at most, MiB',
  'on disk before compaction, MiB',
  'on disk after compaction, MiB',
  'compaction, us a version',
  'compaction, ms until it rests',
  'batches of 10 while merging, p99.9 ms',
  'batches of 10 while merging, longest ms',
  'turns with a batch of 10, p99.9 ms',
  'turns with a batch of 10, longest ms',
  'writers held back between batches, % of the time',
  'writers held back between batches, longest ms',
  'start after SIGKILL, ms',
] as const

export type Figure = (typeof FIGURES)[number]

/** What we ask of ourselves: at least this many times as good as LMDB with its default options. */
export const RATIO_BARS: Partial<Record<Figure, number>> = {
  'random overwrites, us a put': 4,
  'point reads (head, record), us': 0.5,
  'ranges of heads, forward, us': 1,
  'ranges of heads, backward, us': 1,
  'ranges of heads and records, forward, us': 1,
  'ranges of heads and records, backward, us': 1,
}

/** And at most this much, whatever others need. */
export const ABSOLUTE_BARS: Partial<Record<Figure, number>> = {
  'random overwrites, bytes written a byte': 12,
  'batches of 10 while merging, p99.9 ms': 5,
  'turns with a batch of 10, p99.9 ms': 5,
}

/** How a task says what it measured. */
export type Note = (figure: Figure, value: number) => void
