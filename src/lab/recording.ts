/**
 * What happened in one run, as plain data: transcripts, pictures, pages and `--json` are all made from it, and from
 * nothing else. Times are whole microseconds of virtual time since the run began; nodes are places in `nodes`.
 */

export interface Recording {
  readonly algorithm: string
  /** What the algorithm is, in a line. */
  readonly summary: string
  readonly fault: string
  /** What the fault shows. */
  readonly teaches: string
  readonly seed: number
  /** How nodes are called. */
  readonly nodes: readonly string[]
  readonly endsAtUs: number
  /** By `order`. */
  readonly messages: readonly RecordedMessage[]
  /** By `order`. */
  readonly events: readonly RecordedEvent[]
  readonly partitions: readonly PartitionBand[]
  readonly absences: readonly Absence[]
  readonly verdicts: readonly Verdict[]
  /** How it ended, in sentences. */
  readonly conclusions: readonly string[]
  /** What would not fit. */
  readonly leftOut: { readonly messages: number; readonly events: number }
}

export interface RecordedMessage {
  /** Its place among everything that was recorded. */
  readonly order: number
  readonly from: number
  readonly to: number
  readonly kind: string
  /** What it says beside its kind. */
  readonly text: string
  /** It goes round and round, whatever happens: a heartbeat, an announcement. */
  readonly isRoutine: boolean
  readonly sentAtUs: number
  /** When it arrived or was lost; null if it was still under way in the end. */
  readonly endsAtUs: number | null
  /** Null if it arrived, or was under way. By chance, at a cut link, or because nobody was there. */
  readonly lost: 'chance' | 'cut' | 'down' | null
}

/**
 * - `say`: what whoever wrote the fault has to say.
 * - `start`, `crash`, `pause`, `resume`: of a process.
 * - `network`: links are cut, slowed, healed.
 * - `ask`: somebody asks something of a node.
 * - `state`: a node describes itself, and differently from before.
 * - `decision`: what the algorithm is for has come about at a node: a leader, a value, an end of a transaction.
 * - `note`: anything else that a node did.
 * - `broken`: a property does not hold any more.
 */
export type RecordedEventKind =
  | 'say'
  | 'start'
  | 'crash'
  | 'pause'
  | 'resume'
  | 'network'
  | 'ask'
  | 'state'
  | 'decision'
  | 'note'
  | 'broken'

export interface RecordedEvent {
  readonly order: number
  readonly atUs: number
  readonly kind: RecordedEventKind
  /** Null if it happens to no single node. */
  readonly node: number | null
  readonly text: string
  /** Of a state: the word or two of it that a picture has room for. */
  readonly phase?: string
}

/** From when to when some links were cut. */
export interface PartitionBand {
  readonly fromUs: number
  readonly untilUs: number
  readonly text: string
}

/** From when to when a process was down or paused. */
export interface Absence {
  readonly node: number
  readonly kind: 'down' | 'paused'
  readonly fromUs: number
  readonly untilUs: number
}

/** What is promised of a property: whatever happens, as long as nothing is late or lost, or not at all. */
export type Promised = 'always' | 'unless-late' | 'never'

export interface Verdict {
  readonly property: string
  readonly says: string
  readonly promised: Promised
  /** Whether it was promised in this run. */
  readonly isPromisedHere: boolean
  /** Null if it held. */
  readonly broken: { readonly atUs: number; readonly what: string } | null
}

/** Whether the run broke what the algorithm promises. */
export function hasBrokenPromise(recording: Recording): boolean {
  return recording.verdicts.some(({ isPromisedHere, broken }) => isPromisedHere && broken !== null)
}
