/** How full something is that has a limit: a queue, a window, a buffer. */
export interface Gauge {
  /** With what it belongs to in front: `group: proposals that wait`. */
  readonly name: string
  /** Entries, or bytes where the name says so. */
  readonly value: number
  readonly max: number
  /** It counts what waits for an end that comes, by a deadline if by nothing else: once nobody asks, it is 0. */
  readonly empties?: true
}
