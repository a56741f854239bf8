/** What a user gives to have a machine tested. */
import type { Random } from '../../core/prng.ts'
import type { Json, Machine } from './machine.ts'

export interface MachineSubject<Command, Result, Value = Json, State = unknown> {
  /** A new machine, each time: every process of every member has its own. */
  readonly machine: () => Machine<Command, Result, Value>
  /** The next command of a client, from nothing but `random` and `by`: the same draws give the same command. */
  readonly draw: (random: Random, by: DrawnFor) => Command
  /**
   * How often a client asks for one thing while it does not know what became of it: 1 to 10, default 1. From 2 on the
   * same command may reach the machine more than once, and must take effect once; so it carries an id (`by.id` is one).
   */
  readonly tries?: number
  /** What the machine should do, said in another way. Without it the machine is only compared with itself. */
  readonly model?: MachineModel<Command, Result, State>
  /** Looks at everything that clients were told in a run, and says what must not be: a sentence each. */
  readonly check?: (history: readonly MachineOperation<Command, Result>[]) => readonly string[]
}

export interface DrawnFor {
  /** Which client asks: counted from 0. */
  readonly client: number
  /** Of this request, and of no other in the run. */
  readonly id: string
}

/** A specification: the state is a value, and commands come one after the other. */
export interface MachineModel<Command, Result, State> {
  readonly initial: State
  /** What the command is answered in this state, and the state behind it. Changes neither. */
  next(state: State, command: Command): readonly [state: State, result: Result]
}

/** One request of a client in a run. */
export interface MachineOperation<Command, Result> {
  readonly client: number
  readonly command: Command
  /** Moments: calls and returns are numbered in the order in which they happened. */
  readonly calledAt: number
  /** Absent if its client never learned what became of it. */
  readonly returnedAt?: number
  readonly outcome:
    | { readonly kind: 'done'; readonly result: Result }
    /** Surely not carried out. */
    | { readonly kind: 'refused' }
    /** Perhaps carried out, and perhaps later. */
    | { readonly kind: 'unknown' }
}
