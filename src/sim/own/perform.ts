/** One command, carried out by a machine on a state: what members do, and what a machine does that runs alone. */
import { QuorateError } from '../../core/errors.ts'
import { withoutAmbient } from './ambient.ts'
import { MachineErrors } from './errors.ts'
import { checkKey, jsonText } from './json-text.ts'
import type { Machine, MachineState } from './machine.ts'
import type { RawState, RawView } from './raw-state.ts'

/** A machine of whatever commands: they come as text. */
export type AnyMachine = Machine<unknown, unknown, unknown>

/** A key, and what it stands for from now on; null: it is gone. */
export type Write = readonly [key: string, value: string | null]

/** What came of a command. */
export interface Performance {
  /** The result, as JSON. */
  readonly answer: string
  /** In the order in which they were made. */
  readonly writes: readonly Write[]
}

/** Throws what the machine throws, and `QUORATE_MACHINE_...` for what it must not do. */
export function performWrite(machine: AnyMachine, command: string, raw: RawState): Performance {
  const state = new WritableState(raw)
  return { answer: apply(machine, command, state), writes: state.writes }
}

/** The same for a command that only reads. Gives the result, as JSON. */
export function performRead(machine: AnyMachine, command: string, raw: RawView): string {
  return apply(machine, command, new ReadableState(raw))
}

/** Whether the machine says that the command only reads. */
export function isReadOf(machine: AnyMachine, command: string): boolean {
  return withoutAmbient(() => machine.isRead?.(JSON.parse(command))) === true
}

function apply(machine: AnyMachine, command: string, state: MachineState<unknown>): string {
  return jsonText(
    withoutAmbient(() => machine.apply(JSON.parse(command), state) ?? null),
    'the result',
  )
}

class ReadableState implements MachineState<unknown> {
  readonly #raw: RawView

  constructor(raw: RawView) {
    this.#raw = raw
  }

  get(key: string): unknown {
    checkKey(key)
    const text = this.#raw.get(key)
    return text === undefined ? undefined : JSON.parse(text)
  }

  scan(prefix = ''): (readonly [string, unknown])[] {
    checkKey(prefix)
    return this.#raw.scan(prefix).map(([key, text]) => [key, JSON.parse(text)])
  }

  put(key: string, _value: unknown): void {
    throw readOnly(`put ${JSON.stringify(key)}`)
  }

  delete(key: string): void {
    throw readOnly(`delete ${JSON.stringify(key)}`)
  }
}

class WritableState extends ReadableState {
  readonly writes: Write[] = []
  readonly #raw: RawState

  constructor(raw: RawState) {
    super(raw)
    this.#raw = raw
  }

  override put(key: string, value: unknown): void {
    checkKey(key)
    const text = jsonText(value, `the value of ${JSON.stringify(key)}`)
    this.#raw.put(key, text)
    this.writes.push([key, text])
  }

  override delete(key: string): void {
    checkKey(key)
    this.#raw.delete(key)
    this.writes.push([key, null])
  }
}

function readOnly(what: string): QuorateError {
  return new QuorateError(
    MachineErrors.readOnly,
    `a command that only reads was about to ${what}`,
    'refused',
    {
      hint: 'isRead says so only of commands that change nothing',
    },
  )
}
