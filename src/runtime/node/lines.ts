/** Text files and standard input, line by line, without ever holding more than one line and one chunk. */
import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'

export interface Line {
  /** Counts from 1. */
  readonly number: number
  /** Without its end. What text it is, if any, is for the reader to say. */
  readonly bytes: Uint8Array
  /** Bytes of the source that have been read when this line is handed out. */
  readonly bytesRead: number
}

export class LineTooLongError extends Error {
  override readonly name = 'LineTooLongError'
  readonly number: number

  constructor(number: number, bytesMax: number) {
    super(`line ${number} is longer than ${bytesMax} bytes`)
    this.number = number
  }
}

/** @param path a file, or `-` for standard input. Lines end at `\n`; the last one may lack it. */
export async function* readLines(path: string, lineBytesMax: number): AsyncGenerator<Line> {
  const source: Readable =
    path === '-' ? process.stdin : createReadStream(path, { highWaterMark: 256 * 1024 })
  let rest: Buffer[] = []
  let restBytes = 0
  let number = 0
  let bytesRead = 0
  for await (const chunk of source as AsyncIterable<Buffer>) {
    let start = 0
    bytesRead += chunk.length
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const bytes =
        rest.length === 0 ? chunk.subarray(start, end) : Buffer.concat([...rest, chunk.subarray(start, end)])
      rest = []
      restBytes = 0
      start = end + 1
      yield { number: ++number, bytes, bytesRead: bytesRead - chunk.length + start }
    }
    const tail = chunk.subarray(start)
    restBytes += tail.length
    if (restBytes > lineBytesMax) throw new LineTooLongError(number + 1, lineBytesMax)
    rest.push(tail)
  }
  if (restBytes > 0) yield { number: ++number, bytes: Buffer.concat(rest), bytesRead }
}
