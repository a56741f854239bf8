/** `quorate kv import`: JSON lines from a file or standard input. */
import { statSync } from 'node:fs'
import type { Client } from '../client/client.ts'
import { ClientError } from '../client/errors.ts'
import { QuorateError } from '../core/errors.ts'
import { LineTooLongError, readLines } from '../runtime/node/lines.ts'
import { importPairs } from './import.ts'
import type { BytesPair } from './json-pair.ts'
import { IMPORT_LINE_BYTES_MAX, IMPORT_PATIENCE_MS } from './limits.ts'
import { print } from './output.ts'
import { parsePair } from './parse-pair.ts'
import { ProgressBar } from './progress-bar.ts'

const ImportErrors = {
  /** A line of an import is not a pair; everything before it was imported. */
  importLine: 'QUORATE_IMPORT_LINE',
  /** The file cannot be read. */
  importFile: 'QUORATE_IMPORT_FILE',
} as const

export async function importFile(
  client: Client,
  path: string,
  flags: { readonly json?: boolean },
): Promise<void> {
  const bar = new ProgressBar()
  const totalBytes = fileBytes(path)
  let bytesRead = 0
  const pairs = readPairs(path, bytes => {
    bytesRead = bytes
  })
  try {
    const { written, unchanged } = await importPairs(pairs, {
      client,
      patienceMs: IMPORT_PATIENCE_MS,
      progress: soFar => {
        const fraction = totalBytes === undefined ? undefined : bytesRead / totalBytes
        bar.draw(fraction, `${soFar.written + soFar.unchanged} pairs`)
      },
    })
    bar.clear()
    if (flags.json) print(JSON.stringify({ written, unchanged }))
    else print(`${written} written, ${unchanged} unchanged`)
  } catch (error) {
    throw interrupted(error)
  } finally {
    bar.clear()
  }
}

async function* readPairs(path: string, progress: (bytesRead: number) => void): AsyncGenerator<BytesPair> {
  try {
    for await (const line of readLines(path, IMPORT_LINE_BYTES_MAX)) {
      progress(line.bytesRead)
      if (isBlank(line.bytes)) continue
      const pair = parsePair(line.bytes)
      if (typeof pair === 'string') throw badLine(line.number, pair)
      yield pair
    }
  } catch (error) {
    if (error instanceof LineTooLongError)
      throw badLine(error.number, `longer than ${IMPORT_LINE_BYTES_MAX} bytes`)
    throw error instanceof QuorateError ? error : unreadable(path, error)
  }
}

/** Nothing but the white space of JSON. */
function isBlank(line: Uint8Array): boolean {
  return line.every(byte => byte === 0x20 || byte === 0x09 || byte === 0x0d)
}

function fileBytes(path: string): number | undefined {
  if (path === '-') return undefined
  try {
    return statSync(path).size
  } catch (error) {
    throw unreadable(path, error)
  }
}

function unreadable(path: string, cause: unknown): QuorateError {
  const message = `cannot read ${path === '-' ? 'standard input' : path}: ${(cause as Error).message}`
  return new QuorateError(ImportErrors.importFile, message, 'refused', { cause })
}

/** What stopped an import is safe to meet by importing once more. */
function interrupted(cause: unknown): unknown {
  if (!(cause instanceof ClientError)) return cause
  return new QuorateError(cause.code, cause.message, cause.outcome, {
    hint: 'import the same again: pairs that hold their value already are not written twice',
    cause,
  })
}

function badLine(number: number, problem: string): QuorateError {
  return new QuorateError(ImportErrors.importLine, `line ${number}: ${problem}`, 'refused', {
    hint: 'each line is {"key":"...","value":"..."}; the lines before this one were imported',
  })
}
