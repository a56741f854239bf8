/**
 * Two kinds of time, which must not be mixed. Neither is the wall clock.
 */

declare const instant: unique symbol
declare const clusterTime: unique symbol

/** Whole microseconds on one process's monotonic clock: only differences mean anything. */
export type Instant = number & { readonly [instant]: true }

/** Whole milliseconds that a leader stamps on log entries; never runs backwards, leases live by it. */
export type ClusterTime = number & { readonly [clusterTime]: true }

/** The deadline of something that wants none. */
export const NEVER = Number.POSITIVE_INFINITY as Instant

/** `at` plus a duration in (possibly fractional) milliseconds. */
export function addMs(at: Instant, ms: number): Instant {
  return (at + Math.round(ms * 1000)) as Instant
}

/** How many milliseconds, possibly fractional, lie between two instants. */
export function msBetween(from: Instant, to: Instant): number {
  return (to - from) / 1000
}
