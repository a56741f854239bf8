import type { NodeId, Token } from '../core/ids.ts'
import type { Core, PersistEffect, SendEffect } from '../core/sans-io.ts'
import { isWatched } from '../core/seams.ts'
import { NEVER } from '../core/time.ts'
import type { Clock, Timer } from './clock.ts'

/** The two inputs that the executor itself gives to a core. */
export type ExecutorInput =
  | { readonly kind: 'persisted'; readonly token: Token }
  | { readonly kind: 'deadline' }

/** What carries out a core's effects. All calls come from within one turn, in the core's order. */
export interface ExecutorHost<Update, Message, Effect> {
  /** Makes the update durable, then calls back. Call-backs come in the order of the calls. */
  persist(update: Update, done: () => void): void
  send(to: NodeId, message: Message): void
  /** Everything else that a core may ask for. */
  perform(effect: Effect): void
  /**
   * Called once before every step: the moment to `give` what was gathered during the turn (all proposals as
   * one input, all reads under one id).
   */
  gather(): void
}

/**
 * Runs one core in a world of call-backs: gathers inputs until the end of the turn, steps the core once,
 * and carries out the effects in their order. It keeps the one rule that makes a core safe: a message
 * that depends on a durable write leaves only after that write, and messages to one peer never overtake
 * each other because of it (of two messages to a peer, the later waits for the earlier's token too, if it
 * has one itself).
 *
 * It never calls a core from within the core's own effects, and never waits.
 */
export class Executor<Input, Update, Message, Effect extends { readonly kind: string }> {
  readonly #clock: Clock
  readonly #core: Core<Input | ExecutorInput, PersistEffect<Update> | SendEffect<Message> | Effect>
  readonly #host: ExecutorHost<Update, Message, Effect>
  readonly #timer: Timer
  readonly #gated: SendEffect<Message>[] = []
  #inputs: (Input | ExecutorInput)[] = []
  #scheduled = false
  #stopped = false
  #durable = 0

  constructor(
    clock: Clock,
    core: Core<Input | ExecutorInput, PersistEffect<Update> | SendEffect<Message> | Effect>,
    host: ExecutorHost<Update, Message, Effect>,
  ) {
    this.#clock = clock
    this.#core = core
    this.#host = host
    this.#timer = clock.timer(() => this.give({ kind: 'deadline' }))
    this.#timer.set(core.deadline())
  }

  /** Hands an input to the core at the end of this turn. */
  give(input: Input | ExecutorInput): void {
    if (this.#stopped) return
    this.#inputs.push(input)
    this.wake()
  }

  /** Hands an input to the core with whatever makes it step next: nothing follows from this one alone. */
  note(input: Input): void {
    if (!this.#stopped) this.#inputs.push(input)
  }

  /** Makes sure that the core is stepped at the end of this turn: the host has gathered something. */
  wake(): void {
    if (this.#scheduled || this.#stopped) return
    this.#scheduled = true
    this.#clock.soon(this.#run)
  }

  /** No input reaches the core any more, and no effect the host. */
  stop(): void {
    this.#stopped = true
    this.#timer.clear()
    this.#inputs.length = 0
    this.#gated.length = 0
  }

  readonly #run = (): void => {
    if (this.#stopped) return
    this.#host.gather()
    this.#scheduled = false
    const inputs = this.#inputs
    this.#inputs = []
    const effects: (PersistEffect<Update> | SendEffect<Message> | Effect)[] = []
    this.#core.step(this.#clock.now(), inputs, effects)
    if (isWatched()) this.#core.check()
    for (const effect of effects) {
      if (this.#stopped) return
      this.#carryOut(effect)
    }
    const deadline = this.#core.deadline()
    if (deadline === NEVER) this.#timer.clear()
    else this.#timer.set(deadline)
  }

  #carryOut(effect: PersistEffect<Update> | SendEffect<Message> | Effect): void {
    if (isPersist<Update>(effect)) {
      const { token, update } = effect
      this.#host.persist(update, () => this.#persisted(token))
    } else if (isSend<Message>(effect)) {
      if (effect.after === undefined || (effect.after <= this.#durable && this.#gated.length === 0)) {
        this.#host.send(effect.to, effect.message)
      } else {
        this.#gated.push(effect)
      }
    } else {
      this.#host.perform(effect as Effect)
    }
  }

  #persisted(token: Token): void {
    if (this.#stopped) return
    this.#durable = token
    let released = 0
    for (const effect of this.#gated) {
      if (effect.after! > token) break
      this.#host.send(effect.to, effect.message)
      released++
    }
    if (released > 0) this.#gated.splice(0, released)
    this.give({ kind: 'persisted', token })
  }
}

function isPersist<Update>(effect: { readonly kind: string }): effect is PersistEffect<Update> {
  return effect.kind === 'persist'
}

function isSend<Message>(effect: { readonly kind: string }): effect is SendEffect<Message> {
  return effect.kind === 'send'
}
