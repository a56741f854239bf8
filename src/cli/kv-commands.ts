/** `quorate kv get|put|del|import|export`. */
import { statSync } from 'node:fs'
import { type Client, type KeySpan, type KeyValue, prefixSpan } from '../client/client.ts'
import { ClientError } from '../client/errors.ts'
import { QuorateError } from '../core/errors.ts'
import { LineTooLongError, readLines } from '../runtime/node/lines.ts'
import { importPairs } from './import.ts'
import { type BytesPair, formatPair, jsonBytes, parsePair } from './json-pair.ts'
import { print, printBytes } from './output.ts'
import { ProgressBar } from './progress-bar.ts'

export const KvCommandErrors = {
  /** A line of an import is not a pair; everything before it was imported. */
  importLine: 'QUORATE_IMPORT_LINE',
  /** The file cannot be read. */
  importFile: 'QUORATE_IMPORT_FILE',
} as const

/** A pair at its largest, each byte escaped as six characters of JSON, and some room. */
const LINE_BYTES_MAX = 6 * 3 * 1024 * 1024

/** How long an import waits for a cluster that does not answer. */
const IMPORT_PATIENCE_MS = 120_000

export interface GetFlags {
  readonly prefix?: boolean
  readonly fromKey?: boolean
  readonly rangeEnd?: string
  readonly limit?: number
  readonly rev?: number
  readonly keysOnly?: boolean
  readonly countOnly?: boolean
  readonly printValueOnly?: boolean
  readonly serializable?: boolean
  readonly json?: boolean
}

export async function get(client: Client, key: string, flags: GetFlags): Promise<void> {
  const response = await client.range(spanOf(key, flags) ?? single(key), {
    limit: flags.limit ?? 0,
    revision: flags.rev ?? 0,
    keysOnly: flags.keysOnly ?? false,
    countOnly: flags.countOnly ?? false,
    serializable: flags.serializable ?? false,
  })
  if (flags.countOnly)
    return print(flags.json ? JSON.stringify({ count: response.count }) : String(response.count))
  for (const kv of response.kvs) {
    if (flags.json) {
      print(JSON.stringify(jsonKeyValue(kv)))
      continue
    }
    if (!flags.printValueOnly) printBytes(kv.key)
    if (!flags.keysOnly) printBytes(kv.value)
  }
}

export async function put(
  client: Client,
  key: string,
  value: string,
  flags: { readonly prevKv?: boolean; readonly json?: boolean },
): Promise<void> {
  const response = await client.put(key, value, { prevKv: flags.prevKv ?? false })
  const previous = response.prevKv
  if (flags.json) {
    const prevKv = previous === undefined ? {} : { prevKv: jsonKeyValue(previous) }
    return print(JSON.stringify({ revision: response.header.revision, ...prevKv }))
  }
  print('OK')
  if (previous === undefined) return
  printBytes(previous.key)
  printBytes(previous.value)
}

export interface DeleteFlags {
  readonly prefix?: boolean
  readonly fromKey?: boolean
  readonly rangeEnd?: string
  readonly prevKv?: boolean
  readonly json?: boolean
}

export async function del(client: Client, key: string, flags: DeleteFlags): Promise<void> {
  const response = await client.delete(spanOf(key, flags) ?? key, { prevKv: flags.prevKv ?? false })
  if (flags.json) {
    const prevKvs = flags.prevKv ? { prevKvs: response.prevKvs.map(jsonKeyValue) } : {}
    const { revision } = response.header
    return print(JSON.stringify({ deleted: response.deleted, revision, ...prevKvs }))
  }
  print(String(response.deleted))
  for (const kv of response.prevKvs) {
    printBytes(kv.key)
    printBytes(kv.value)
  }
}

/** Every pair with the prefix, at one revision, as JSON lines. */
export async function exportPairs(client: Client, prefix: string): Promise<void> {
  for await (const page of client.pages(prefixSpan(prefix))) {
    for (const kv of page.kvs) print(formatPair(kv))
  }
}

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
    for await (const line of readLines(path, LINE_BYTES_MAX)) {
      progress(line.bytesRead)
      if (isBlank(line.bytes)) continue
      const pair = parsePair(line.bytes)
      if (typeof pair === 'string') throw badLine(line.number, pair)
      yield pair
    }
  } catch (error) {
    if (error instanceof LineTooLongError) throw badLine(error.number, `longer than ${LINE_BYTES_MAX} bytes`)
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
  return new QuorateError(KvCommandErrors.importFile, message, 'refused', { cause })
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
  return new QuorateError(KvCommandErrors.importLine, `line ${number}: ${problem}`, 'refused', {
    hint: 'each line is {"key":"...","value":"..."}; the lines before this one were imported',
  })
}

function single(key: string): KeySpan {
  return { from: key, to: '' }
}

/** Undefined: the key alone. */
function spanOf(key: string, flags: Pick<GetFlags, 'prefix' | 'fromKey' | 'rangeEnd'>): KeySpan | undefined {
  if (flags.prefix) return prefixSpan(key)
  if (flags.fromKey) return { from: key === '' ? '\0' : key }
  if (flags.rangeEnd !== undefined) return { from: key, to: flags.rangeEnd }
  return undefined
}

function jsonKeyValue(kv: KeyValue): Record<string, unknown> {
  const { createRevision, modRevision, version } = kv
  return {
    ...jsonBytes('key', kv.key),
    ...jsonBytes('value', kv.value),
    createRevision,
    modRevision,
    version,
  }
}
