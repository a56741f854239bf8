/** Standard output, as text or as the bytes that they are. */
import { QuorateError } from '../core/errors.ts'
import { ExitCode } from './exit-codes.ts'
import { reportError } from './report-error.ts'

const NEWLINE = Buffer.from('\n')

/**
 * A reader that has seen enough (`quorate kv export | head`) is no error, but there is nobody left to write to; a
 * disk that is full is one.
 */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(ExitCode.ok)
    process.exit(reportError(outputFailed(error)))
  })
}

function outputFailed(cause: Error): QuorateError {
  const message = `standard output cannot be written: ${cause.message}`
  return new QuorateError('QUORATE_OUTPUT', message, 'unknown', {
    hint: 'what was printed is not whole; free some space or write elsewhere',
    cause,
  })
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Bytes as they are, and a newline: a value need not be text. */
export function printBytes(bytes: Uint8Array): void {
  process.stdout.write(Buffer.concat([bytes, NEWLINE]))
}
