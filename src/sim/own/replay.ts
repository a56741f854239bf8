/**
 * A machine that runs alone: the commands of a log one after the other, each carried out by a new machine on what those
 * before have left. What depends on anything but the state and the command comes out differently here.
 */
import { type AnyMachine, type Performance, performRead, performWrite } from './perform.ts'
import type { Content, PlainState } from './raw-state.ts'

export class Replay {
  readonly #makeMachine: () => AnyMachine
  readonly #state: PlainState

  constructor(makeMachine: () => AnyMachine, state: PlainState) {
    this.#makeMachine = makeMachine
    this.#state = state
  }

  /** What it holds now, in the order of the keys. */
  get content(): Content {
    return this.#state.scan('')
  }

  /** Another that goes on from here by itself. */
  copy(): Replay {
    return new Replay(this.#makeMachine, this.#state.copy())
  }

  /** Throws what the machine throws. */
  write(command: string): Performance {
    return performWrite(this.#makeMachine(), command, this.#state)
  }

  /** Throws what the machine throws. Gives the result, as JSON. */
  read(command: string): string {
    return performRead(this.#makeMachine(), command, this.#state)
  }
}
