/** A user's machine as members host it: in front of a store, and everything that it does is told to the chronicle. */
import type { Entry } from '../../core/entry.ts'
import type { Index } from '../../core/ids.ts'
import { readApplied } from '../../replication/applied-state.ts'
import type { StateMachine } from '../../runtime/state-machine.ts'
import type { Store, StoreBatch, StoreView } from '../../runtime/store.ts'
import { withoutAmbient } from './ambient.ts'
import type { Chronicle, ProcessName } from './chronicle.ts'
import { shortened } from './describe-operation.ts'
import { decodeRequest, type MachineAnswer, type MachineRequest } from './machine-request.ts'
import { type AnyMachine, performRead, performWrite } from './perform.ts'
import { StoredState, StoredView } from './raw-state.ts'

export interface HostedMachineOptions {
  readonly member: string
  readonly makeMachine: () => AnyMachine
  readonly chronicle: Chronicle
  /** Told what the machine threw, while it did what. */
  readonly threw: (error: unknown, doing: string) => void
}

export class HostedMachine implements StateMachine<MachineAnswer> {
  /** Nothing of it is left to be swept, and all of it belongs into a snapshot. */
  readonly mustSweep = false
  readonly #options: HostedMachineOptions
  #machine: AnyMachine | undefined
  #process: ProcessName

  constructor(options: HostedMachineOptions) {
    this.#options = options
    this.#process = { member: options.member, foundIndex: 0 }
  }

  /** A new machine whenever the state came from elsewhere: a restart, a snapshot. */
  open(store: Store): void {
    const { member, makeMachine } = this.#options
    this.#machine = withoutAmbient(makeMachine)
    this.#process = { member, foundIndex: readApplied(store)?.index ?? 0 }
  }

  apply(entries: readonly Entry[], batch: StoreBatch): MachineAnswer[] {
    const state = new StoredState(batch)
    return entries.map(({ index, data }) => this.#applyOne(index, decodeRequest(data), state))
  }

  /** @param index how far the state reaches */
  read(command: string, view: StoreView, index: Index): MachineAnswer {
    const state = new StoredView(view)
    const answer = this.#told(`reads ${shortened(command)}`, state, () =>
      performRead(this.#machine!, command, state),
    )
    return { index, answer }
  }

  sweep(): boolean {
    return false
  }

  isLive(): () => boolean {
    return () => true
  }

  #applyOne(index: Index, { request, command }: MachineRequest, state: StoredState): MachineAnswer {
    if (request === 0) return { index, answer: 'null' }
    const doing = `carries ${shortened(command)} out, at place ${index} of the log`
    const performance = this.#told(doing, state, () => performWrite(this.#machine!, command, state))
    this.#options.chronicle.applied({ index, request, command, ...performance, by: this.#process })
    return { index, answer: performance.answer }
  }

  /** What the store throws is a matter of the member, and no fault of the machine's, which may have caught it. */
  #told<T>(doing: string, state: StoredView, run: () => T): T {
    const outcome = outcomeOf(run)
    if (state.broken !== undefined) throw state.broken.error
    if (outcome.kind === 'returned') return outcome.value
    this.#options.threw(outcome.error, `${this.#options.member} ${doing}`)
    throw outcome.error
  }
}

type Outcome<T> =
  | { readonly kind: 'returned'; readonly value: T }
  | { readonly kind: 'threw'; readonly error: unknown }

function outcomeOf<T>(run: () => T): Outcome<T> {
  try {
    return { kind: 'returned', value: run() }
  } catch (error) {
    return { kind: 'threw', error }
  }
}
