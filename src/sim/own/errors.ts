/** What is refused to whoever simulates programs of their own, and what they are told of what was found. */
import { QuorateError } from '../../core/errors.ts'

export const SimulationErrors = {
  /** Refused: an option, or something that was drawn, makes no sense. */
  invalid: 'QUORATE_SIMULATION_INVALID',
  /** Unknown: a seed was bad; `failure` says how, and how to have it again. */
  failed: 'QUORATE_SIMULATION_FAILED',
  /** Unknown: one seed gave two runs; something draws its own luck, asks the time, or remembers the run before. */
  unrepeatable: 'QUORATE_SIMULATION_UNREPEATABLE',
} as const

/** What is refused to a machine, in the middle of a command. */
export const MachineErrors = {
  /** Refused: it asked what differs from member to member, such as the time. */
  impure: 'QUORATE_MACHINE_IMPURE',
  /** Refused: a result or a value that JSON does not keep as it is, or a key that is no text. */
  value: 'QUORATE_MACHINE_VALUE',
  /** Refused: a command that only reads was about to write. */
  readOnly: 'QUORATE_MACHINE_READ_ONLY',
} as const

export function invalid(message: string, hint?: string): QuorateError {
  return new QuorateError(SimulationErrors.invalid, message, 'refused', hint === undefined ? {} : { hint })
}
