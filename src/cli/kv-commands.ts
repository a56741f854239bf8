/** `quorate kv get|put|del|watch|export`. */
import { type Client, type KeySpan, type KeyValue, prefixSpan } from '../client/client.ts'
import type { WatchEvent } from '../client/watch.ts'
import { formatPair, jsonBytes } from './json-pair.ts'
import { print, printBytes } from './output.ts'

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
      print(JSON.stringify(jsonKeyValue(kv, !flags.keysOnly)))
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
  flags: { readonly lease?: bigint; readonly prevKv?: boolean; readonly json?: boolean },
): Promise<void> {
  const { lease = 0n, prevKv: withPrevious = false } = flags
  const response = await client.put(key, value, { lease, prevKv: withPrevious })
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
    const prevKvs = flags.prevKv ? { prevKvs: response.prevKvs.map(kv => jsonKeyValue(kv)) } : {}
    const { revision } = response.header
    return print(JSON.stringify({ deleted: response.deleted, revision, ...prevKvs }))
  }
  print(String(response.deleted))
  for (const kv of response.prevKvs) {
    printBytes(kv.key)
    printBytes(kv.value)
  }
}

export interface WatchFlags {
  readonly prefix?: boolean
  readonly fromKey?: boolean
  readonly rangeEnd?: string
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
  if (prevKv !== undefined) {
    printBytes(prevKv.key)
    printBytes(prevKv.value)
  }
  printBytes(kv.key)
  printBytes(kv.value)
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

/** An empty value would say that the key has one, where it was not asked for. */
function jsonKeyValue(kv: KeyValue, withValue = true): Record<string, unknown> {
  const { createRevision, modRevision, version } = kv
  return {
    ...jsonBytes('key', kv.key),
    ...(withValue && jsonBytes('value', kv.value)),
    createRevision,
    modRevision,
    version,
  }
}
