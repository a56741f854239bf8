/** Standard output, as text or as the bytes that they are. */
const NEWLINE = Buffer.from('\n')

export function print(line: string): void {
  process.stdout.write(`${line}\n`)
}

/** Bytes as they are, and a newline: a value need not be text. */
export function printBytes(bytes: Uint8Array): void {
  process.stdout.write(Buffer.concat([bytes, NEWLINE]))
}
