/** What the bench and its child processes say to each other. */
import type { EngineName } from './engine-names.ts'
import type { Figure } from './store-figures.ts'

interface TaskOf<Kind extends string> {
  readonly kind: Kind
  readonly engine: EngineName
  /** The engine's own. */
  readonly directory: string
  readonly keys: number
  readonly checkpointBytes: number
}

/** Everything but the preload in order and the crashes. */
export interface PhasesTask extends TaskOf<'phases'> {
  readonly puts: number
}

/** The preload in order. */
export type InOrderTask = TaskOf<'inOrder'>

/** Overwrites at random until it is killed; says `ready` when it has begun. */
export interface WriteUntilKilledTask extends TaskOf<'writeUntilKilled'> {
  /** How many were killed before: each has revisions of its own. */
  readonly attempt: number
}

/** Opens what a killed process left, and reads some of it. */
export type RestartTask = TaskOf<'restart'>

/** Writes, makes that durable, says `durable`, waits for a line, writes `batches` more, says `ready`. */
export interface LoseTask extends TaskOf<'lose'> {
  readonly batches: number
}

/** Opens what a loss of power left and says what it holds. */
export interface JudgeTask extends TaskOf<'judge'> {
  readonly batches: number
}

export type Task = PhasesTask | InOrderTask | WriteUntilKilledTask | RestartTask | LoseTask | JudgeTask

/** What a loss of power came to; the last two are for the parent to see. */
export const OUTCOMES = [
  'opens, holds what was synced or more',
  'opens, older than what was synced',
  'opens, silently wrong',
  'refuses to open',
  'opens, fails later',
  'the process dies',
  'hangs',
] as const

export type Outcome = (typeof OUTCOMES)[number]

export type Message =
  | { readonly kind: 'figure'; readonly figure: Figure; readonly value: number }
  | { readonly kind: 'durable' }
  | { readonly kind: 'ready' }
  | { readonly kind: 'outcome'; readonly outcome: Outcome; readonly why: string }
