/** Standard output, as text or as the bytes that they are. */
import { ExitCode } from './exit-codes.ts'

const NEWLINE = Buffer.from('\n')

/** A reader that has seen enough (`quorate kv export | head`) is no error, but there is nobody left to write to. */
export function endWithReader(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(ExitCode.ok)
    throw error
  })
}

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Bytes as they are, and a newline: a value need not be text. */
export function printBytes(bytes: Uint8Array): void {
  process.stdout.write(Buffer.concat([bytes, NEWLINE]))
}
