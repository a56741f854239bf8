/** `quorate kv get|put|del|watch|export`, and how what they answer is printed. */
import { type Client, type KeySpan, type KeyValue, prefixSpan } from '../client/client.ts'
import type { WatchEvent } from '../client/watch.ts'
import type { DeleteRangeResponse } from '../wire/etcd/delete-range.ts'
import type { PutResponse } from '../wire/etcd/put.ts'
import type { RangeResponse } from '../wire/etcd/range.ts'
import { formatPair, jsonBytes } from './json-pair.ts'
import { print, printBytes } from './output.ts'

/** Which keys: one, or those of a span. */
interface KeyFlags {
  readonly prefix?: boolean
  readonly fromKey?: boolean
  readonly rangeEnd?: string
}

export interface GetFlags extends KeyFlags {
  readonly limit?: number
  readonly rev?: number
  readonly keysOnly?: boolean
  readonly countOnly?: boolean
  readonly printValueOnly?: boolean
  readonly serializable?: boolean
  readonly json?: boolean
}

export async function get(client: Client, key: string, flags: GetFlags): Promise<void> {
  const response = await client.range(spanNamed(key, flags), rangeOptionsOf(flags))
  if (!flags.json) return printRange(response, flags)
  if (flags.countOnly) return print(JSON.stringify({ count: response.count }))
  for (const kv of response.kvs) print(JSON.stringify(jsonKeyValue(kv, !flags.keysOnly)))
}

/** A key alone is a span, too. */
export function spanNamed(key: string, flags: KeyFlags): KeySpan {
  return spanOf(key, flags) ?? { from: key, to: '' }
}

export function rangeOptionsOf(flags: GetFlags) {
  return {
    limit: flags.limit ?? 0,
    revision: flags.rev ?? 0,
    keysOnly: flags.keysOnly ?? false,
    countOnly: flags.countOnly ?? false,
    serializable: flags.serializable ?? false,
  }
}

export function printRange(response: RangeResponse, flags: GetFlags): void {
  if (flags.countOnly) return print(String(response.count))
  for (const kv of response.kvs) {
    if (!flags.printValueOnly) printBytes(kv.key)
    if (!flags.keysOnly) printBytes(kv.value)
  }
}

export interface PutFlags {
  readonly lease?: bigint
  readonly prevKv?: boolean
  readonly json?: boolean
}

export async function put(client: Client, key: string, value: string, flags: PutFlags): Promise<void> {
  const { lease = 0n, prevKv: withPrevious = false } = flags
  const response = await client.put(key, value, { lease, prevKv: withPrevious })
  if (!flags.json) return printPut(response)
  print(JSON.stringify({ revision: response.header.revision, ...jsonOfPut(response) }))
}

export function printPut({ prevKv }: Pick<PutResponse, 'prevKv'>): void {
  print('OK')
  if (prevKv !== undefined) printPair(prevKv)
}

export function jsonOfPut({ prevKv }: Pick<PutResponse, 'prevKv'>): Record<string, unknown> {
  return prevKv === undefined ? {} : { prevKv: jsonKeyValue(prevKv) }
}

export interface DeleteFlags extends KeyFlags {
  readonly prevKv?: boolean
  readonly json?: boolean
}

export async function del(client: Client, key: string, flags: DeleteFlags): Promise<void> {
  const response = await client.delete(spanOf(key, flags) ?? key, { prevKv: flags.prevKv ?? false })
  if (!flags.json) return printDeletion(response)
  print(JSON.stringify({ revision: response.header.revision, ...jsonOfDeletion(response, flags) }))
}

export function printDeletion({ deleted, prevKvs }: DeleteRangeResponse): void {
  print(String(deleted))
  for (const kv of prevKvs) printPair(kv)
}

export function jsonOfDeletion(
  { deleted, prevKvs }: DeleteRangeResponse,
  flags: DeleteFlags,
): Record<string, unknown> {
  return { deleted, ...(flags.prevKv && { prevKvs: prevKvs.map(kv => jsonKeyValue(kv)) }) }
}

export interface WatchFlags extends KeyFlags {
  readonly rev?: number
  readonly prevKv?: boolean
  readonly progressNotify?: boolean
  readonly json?: boolean
}

/** Until somebody ends the process. As etcdctl prints it: what happened, what was there before, the key, the value. */
export async function watch(client: Client, key: string, flags: WatchFlags): Promise<void> {
  const watched = client.watch(spanOf(key, flags) ?? key, {
    startRevision: flags.rev ?? 0,
    prevKv: flags.prevKv ?? false,
    progressNotify: flags.progressNotify ?? false,
  })
  for await (const { revision, events } of watched) {
    if (events.length === 0) print(flags.json ? JSON.stringify({ revision }) : `progress: ${revision}`)
    for (const event of events) {
      if (flags.json) print(JSON.stringify(jsonEvent(event)))
      else printEvent(event)
    }
  }
}

function printEvent({ kind, kv, prevKv }: WatchEvent): void {
  print(kind === 'put' ? 'PUT' : 'DELETE')
  if (prevKv !== undefined) printPair(prevKv)
  printPair(kv)
}

function printPair({ key, value }: KeyValue): void {
  printBytes(key)
  printBytes(value)
}

function jsonEvent({ kind, kv, prevKv }: WatchEvent): Record<string, unknown> {
  const before = prevKv === undefined ? {} : { prevKv: jsonKeyValue(prevKv) }
  if (kind === 'put') return { event: kind, ...jsonKeyValue(kv), ...before }
  return { event: kind, ...jsonBytes('key', kv.key), modRevision: kv.modRevision, ...before }
}

/** Every pair with the prefix, at one revision, as JSON lines. */
export async function exportPairs(client: Client, prefix: string): Promise<void> {
  for await (const page of client.pages(prefixSpan(prefix))) {
    for (const kv of page.kvs) print(formatPair(kv))
  }
}

/** Undefined: the key alone. */
function spanOf(key: string, flags: KeyFlags): KeySpan | undefined {
  if (flags.prefix) return prefixSpan(key)
  if (flags.fromKey) return { from: key === '' ? '\0' : key }
  if (flags.rangeEnd !== undefined) return { from: key, to: flags.rangeEnd }
  return undefined
}

/** An empty value would say that the key has one, where it was not asked for. */
export function jsonKeyValue(kv: KeyValue, withValue = true): Record<string, unknown> {
  const { createRevision, modRevision, version } = kv
  return {
    ...jsonBytes('key', kv.key),
    ...(withValue && jsonBytes('value', kv.value)),
    createRevision,
    modRevision,
    version,
  }
}
