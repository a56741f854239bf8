/** How a command that fails says so: one sentence, the code, what the reader can do, and an exit status. */
import { QuorateError } from '../core/errors.ts'
import { ConfigErrors } from '../server/config-errors.ts'
import { ExitCode } from './exit-codes.ts'

export function formatError(error: unknown): string {
  if (!(error instanceof QuorateError))
    return `error: ${error instanceof Error ? error.message : String(error)}`
  const lines = [`error: ${error.message} [${error.code}]`]
  if (error.outcome === 'unknown')
    lines.push('outcome unknown: it may have been done; look before you repeat it')
  if (error.hint !== undefined) lines.push(`hint: ${error.hint}`)
  return lines.join('\n')
}

/** Writes the error to standard error and returns the status to exit with. */
export function reportError(error: unknown): number {
  process.stderr.write(`${formatError(error)}\n`)
  return error instanceof QuorateError && error.code === ConfigErrors.invalid
    ? ExitCode.usage
    : ExitCode.failed
}
