/**
 * One thing that goes wrong in a simulated cluster, or right again. Plain data, so that the schedule of a run can be
 * printed, saved, carried out again and shrunk fault by fault. Members go by their names. Whatever a fault undoes may
 * be right already, and whomever it hits may be down already: then it has no effect, and is no error.
 */
import type { FaultyOperation } from '../disk-faults.ts'
import type { Drift } from '../drift.ts'
import type { LinkQuality } from '../links.ts'
import type { StreamFaults } from '../stream.ts'
import type { DeathCause } from '../sudden-death.ts'
import type { FaultClassId } from './fault-classes.ts'

export type Fault =
  // Processes and machines.
  | { readonly kind: 'kill' | 'losePower' | 'start' | 'pause' | 'resume' | 'stop'; readonly member: string }
  /** The program of that version is installed on the machine; a process that runs is ended, and one of it started. */
  | { readonly kind: 'install'; readonly member: string; readonly version: number }
  /** In place of its process another one is started on the machine, that belongs elsewhere: `as` whom, or how. */
  | {
      readonly kind: 'startWrongly'
      readonly member: string
      readonly as: string
      readonly mistake: Mistake
    }
  /** The power of several machines fails at one instant. */
  | { readonly kind: 'losePowerTogether'; readonly members: readonly string[] }
  /** The process dies, or its machine loses power, right before or after its next such call of the disk. */
  | {
      readonly kind: 'dieAt'
      readonly member: string
      readonly operation: DyingOperation
      readonly part: DiskPart
      readonly when: 'before' | 'after'
      readonly how: DeathCause
    }
  // The network. `from` and `to` name one direction.
  /** `heal` takes the cut away and leaves clogs and narrows. */
  | { readonly kind: 'cut' | 'heal'; readonly from: string; readonly to: string }
  /**
   * Members of different groups, and those in none, no longer reach each other; one way: earlier groups do not reach
   * later ones. Clients reach everybody. `join` heals what a partition into these groups cuts.
   */
  | {
      readonly kind: 'partition' | 'join'
      readonly groups: readonly (readonly string[])[]
      readonly isOneWay?: boolean
    }
  /** Takes every cut, clog and narrow away. */
  | { readonly kind: 'healAll' }
  /** What is sent takes so much longer; 0: the path is clear again. */
  | { readonly kind: 'clog'; readonly from: string; readonly to: string; readonly delayUs: number }
  /** Drops what is beyond so many packets in flight; 0: no limit any more. */
  | { readonly kind: 'narrow'; readonly from: string; readonly to: string; readonly packets: number }
  /** All connections between the two are reset, or go half open: bytes vanish, and nobody is told. */
  | { readonly kind: 'reset' | 'hush'; readonly a: string; readonly b: string }
  /**
   * Whoever has dialled that member is told after `breaksUs` that the connection is broken, and the member is not. What
   * is sent over it from now on arrives all the same, `arrivesUs` from now.
   */
  | {
      readonly kind: 'strand'
      readonly to: string
      readonly breaksUs: number
      readonly arrivesUs: number
    }
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
  /** A bit flips at rest, or the file ends early from now on: `at` as in `DamagePlace`. */
  | (DamagePlace & { readonly kind: 'rot' | 'cutFile' })
  | {
      readonly kind: 'loseWrite' | 'misdirectWrite' | 'misdirectRead'
      readonly member: string
      readonly part: DiskPart
    }
  /** The machine comes back with an empty disk, if anybody starts it. */
  | { readonly kind: 'loseDisk'; readonly member: string }
  // What an operator does (`operator.ts`); each takes a while.
  /** The machine becomes a member: with a vote, with one as soon as it has caught up, or promoted once it has. */
  | { readonly kind: 'addMember'; readonly member: string; readonly as: Newcomer }
  | { readonly kind: 'removeMember'; readonly member: string }
  /** The others reach it at another address from now on. */
  | { readonly kind: 'moveMember'; readonly member: string }

/** `at` is a share of what is not zero in the file, in millionths; `file` picks among those of the part. */
interface DamagePlace {
  readonly member: string
  readonly part: DiskPart
  readonly file: number
  readonly at: number
}

/** What of a member's data a fault of the disk hurts. */
export type DiskPart = 'log' | 'tables' | 'manifest' | 'any'

/** Who the process takes itself for: another member, or this one of another cluster, by its token or its members. */
export type Mistake = (typeof MISTAKES)[number]

export const MISTAKES = ['anotherMember', 'anotherToken', 'anotherMembership'] as const

/** How a member is added. */
export type Newcomer = (typeof NEWCOMERS)[number]

export const NEWCOMERS = ['voter', 'learnerToVote', 'learnerToPromote'] as const

/** Calls of a disk at which a process may be made to die, as `SimulatedDisk` names its steps. */
export type DyingOperation = (typeof DYING_OPERATIONS)[number]

export const DYING_OPERATIONS = [
  'write',
  'written',
  'writeSynced',
  'written and synced',
  'sync',
  'synced',
  'rename',
  'syncDirectory',
  'directory synced',
  'open create',
  'truncate',
  'remove',
] as const

export interface ScheduledFault {
  /** Milliseconds of virtual time since the beginning of the run. */
  readonly atMs: number
  readonly fault: Fault
  /** The class under which it counts; absent for what ends a fault, or counts where it has its effect. */
  readonly faultClass?: FaultClassId
}
