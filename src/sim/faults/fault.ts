/**
 * One thing that goes wrong in a simulated cluster, or right again. Plain data, so that the schedule of a run can be
 * printed, saved, carried out again and shrunk fault by fault. Members go by their names.
 */
import type { FaultyOperation } from '../disk-faults.ts'
import type { Drift } from '../drift.ts'
import type { LinkQuality } from '../links.ts'
import type { StreamFaults } from '../stream.ts'

export type Fault =
  // Processes and machines.
  | { readonly kind: 'kill' | 'losePower' | 'start' | 'pause' | 'resume'; readonly member: string }
  /** The power of several machines fails at one instant. */
  | { readonly kind: 'losePowerTogether'; readonly members: readonly string[] }
  // The network. `from` and `to` name one direction.
  | { readonly kind: 'cut' | 'heal'; readonly from: string; readonly to: string }
  | { readonly kind: 'partition'; readonly groups: readonly (readonly string[])[] }
  | { readonly kind: 'healAll' }
  | { readonly kind: 'clog'; readonly from: string; readonly to: string; readonly delayUs: number }
  /** All connections between the two are reset, or go half open: bytes vanish, and nobody is told. */
  | { readonly kind: 'reset' | 'hush'; readonly a: string; readonly b: string }
  /** What all links are like from now on, and what chance does to streams. */
  | { readonly kind: 'links'; readonly quality: LinkQuality; readonly faults: StreamFaults }
  // Clocks.
  | { readonly kind: 'drift'; readonly member: string; readonly drift: Drift }
  | { readonly kind: 'stepWall'; readonly member: string; readonly ms: number }
  // Disks.
  | { readonly kind: 'slowDisk'; readonly member: string; readonly extraUs: number }
  /** So many bytes more fit; Infinity is written as -1: the disk has room again. */
  | { readonly kind: 'fillDisk'; readonly member: string; readonly freeBytes: number }
  | {
      readonly kind: 'failDisk'
      readonly member: string
      readonly operation: FaultyOperation
      readonly part: DiskPart
    }
  /** A bit flips at rest; `at` is a share of the file in millionths, `file` picks among those of the part. */
  | {
      readonly kind: 'rot'
      readonly member: string
      readonly part: DiskPart
      readonly file: number
      readonly at: number
    }
  | { readonly kind: 'loseWrite' | 'misdirectWrite'; readonly member: string; readonly part: DiskPart }
  /** The machine comes back with an empty disk. */
  | { readonly kind: 'loseDisk'; readonly member: string }

/** What of a member's data a fault of the disk hurts. */
export type DiskPart = 'log' | 'tables' | 'manifest' | 'any'

export interface ScheduledFault {
  /** Milliseconds of virtual time since the beginning of the run. */
  readonly atMs: number
  readonly fault: Fault
}
