/**
 * An algorithm of the laboratory: how to put it on a stage, the faults that teach something about it, and its
 * properties. `defineAlgorithm` hides what it is made of; whoever runs it sees a name, faults, and recordings.
 */
import { assert, InvariantError } from '../core/assert.ts'
import type { NodeId } from '../core/ids.ts'
import type { Random } from '../core/prng.ts'
import { BrokenPromise } from '../sim/protocol-referee.ts'
import { Judge, OWN_INVARIANTS, type Property } from './property.ts'
import { Recorder } from './recorder.ts'
import type { Recording } from './recording.ts'
import { type Stage, TimeIsOver } from './stage.ts'

/** What is on the stage. */
export interface Subject {
  readonly stage: Stage
  /** Somebody asks something at random of the algorithm; every draw comes from `random`. */
  ask(random: Random): void
  /** How things stand, in sentences. */
  conclude(): string[]
}

/** What a subject is opened with. */
export interface Opening {
  readonly nodes: number
  readonly seed: number
  readonly recorder: Recorder
  readonly ids: readonly NodeId[]
  /** To be called after every step and whenever something was decided: properties are looked at. */
  readonly look: () => void
}

export interface NodeRange {
  readonly standard: number
  readonly fewest: number
  readonly most: number
  /** Why not fewer, and why not more. */
  readonly why: string
}

/** What can be done with a subject. */
export interface Play<S> {
  readonly name: string
  readonly teaches: string
  /** Messages are late or lost in it, or processes pause. */
  readonly isLate: boolean
  play(subject: S): void
}

/** A fault that teaches. */
export interface Lesson<S> extends Play<S> {
  readonly nodesMin?: number
}

/** What random schedules may do to it. */
export interface Trouble {
  /** False where a crash would lose what the algorithm takes for granted: a clock's own counter, a member's keys. */
  readonly crashes: boolean
  /** How long it is given to come to rest once all is well again. */
  readonly settleMs: number
}

export interface Definition<S extends Subject> {
  readonly name: string
  /** A line for the list. */
  readonly summary: string
  readonly nodes: NodeRange
  readonly open: (opening: Opening) => S
  readonly trouble: Trouble
  /** The first is what runs without `--fault`: nothing goes wrong. */
  readonly lessons: readonly [Lesson<S>, ...Lesson<S>[]]
  readonly properties: readonly Property<S>[]
}

export interface RunSetup {
  readonly nodes: number
  readonly seed: number
}

/** What can be told of a fault without running it. */
export interface LessonTitle {
  readonly name: string
  readonly teaches: string
  readonly nodesMin: number
}

export interface Algorithm {
  readonly name: string
  readonly summary: string
  readonly nodes: NodeRange
  readonly lessons: readonly LessonTitle[]
  readonly trouble: Trouble
  /** One run of a fault by its name. The same setup gives the same recording. */
  run(setup: RunSetup, lesson: string): Recording
  /** One run of something that is no fault of the list, by whoever does not know what the subject is. */
  runPlay(setup: RunSetup, play: Play<Subject>): Recording
}

export function defineAlgorithm<S extends Subject>(definition: Definition<S>): Algorithm {
  const { name, summary, nodes, lessons, trouble } = definition
  return {
    name,
    summary,
    nodes,
    trouble,
    lessons: lessons.map(({ name, teaches, nodesMin }) => ({
      name,
      teaches,
      nodesMin: nodesMin ?? nodes.fewest,
    })),
    run: (setup, wanted) => {
      const lesson = lessons.find(each => each.name === wanted)
      assert(lesson !== undefined, 'a fault is run by its name')
      return perform(definition, setup, lesson)
    },
    runPlay: (setup, play) => perform<S>(definition, setup, play),
  }
}

function perform<S extends Subject>(
  definition: Definition<S>,
  { nodes, seed }: RunSetup,
  { name: fault, teaches, isLate, play }: Play<S>,
): Recording {
  const ids = Array.from({ length: nodes }, (_, i) => BigInt(i + 1) as NodeId)
  const recorder = new Recorder(ids)
  const judge = new Judge(definition.properties, recorder)
  let subject: S | undefined
  const look = (): void => {
    if (subject !== undefined) judge.look(subject)
  }
  subject = definition.open({ nodes, seed, recorder, ids, look })
  const { stage } = subject
  try {
    play(subject)
  } catch (error) {
    if (error instanceof BrokenPromise || error instanceof InvariantError)
      judge.break(OWN_INVARIANTS, error.message)
    else if (!(error instanceof TimeIsOver)) throw error
  }
  judge.look(subject)
  judge.lookAtEnd(subject)
  recorder.end()
  return {
    algorithm: definition.name,
    summary: definition.summary,
    fault,
    teaches,
    seed,
    nodes: ids.map(id => stage.nameOf(id)),
    endsAtUs: recorder.nowUs(),
    messages: recorder.messages,
    events: recorder.events,
    partitions: recorder.partitions,
    absences: recorder.absences,
    verdicts: judge.verdicts(isLate),
    conclusions: subject.conclude(),
    leftOut: recorder.leftOut,
  }
}
