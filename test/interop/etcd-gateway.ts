/** A real etcd of one node, asked over its JSON gateway in the terms of the key-value machine. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Client, credentials } from '@grpc/grpc-js'
import { ByteReader, ByteWriter } from '../../src/core/bytes.ts'
import type {
  Compare,
  DeleteRangeOperation,
  KeyValue,
  KvCommand,
  KvResult,
  PutOperation,
  RangeOperation,
  RequestOperation,
  ResponseOperation,
  TxnOperation,
} from '../../src/machines/kv/types.ts'
import { freePorts } from '../harness/ports.ts'
import { Process } from '../harness/process.ts'
import { until } from '../harness/until.ts'

type Json = { readonly [name: string]: unknown }

/** What etcd answers: a result, or the message of its error. */
export type Answer<T> = { readonly result: T } | { readonly error: string }

export interface LeaseStatus {
  readonly ttlSeconds: number
  readonly keys: readonly Uint8Array[]
}

export function hasEtcd(): boolean {
  return spawnSync('etcd', ['--version']).status === 0
}

export class EtcdGateway {
  readonly #url: string
  readonly #process: Process
  readonly #directory: string
  readonly #grpc: Client

  private constructor(url: string, process: Process, directory: string) {
    this.#url = url
    this.#process = process
    this.#directory = directory
    this.#grpc = new Client(url.slice('http://'.length), credentials.createInsecure())
  }

  static async start(): Promise<EtcdGateway> {
    const directory = mkdtempSync(join(tmpdir(), 'etcd-differential-'))
    const [client, peer] = await freePorts(2)
    const clientUrl = `http://127.0.0.1:${client}`
    const peerUrl = `http://127.0.0.1:${peer}`
    const flags = [
      '--name=oracle',
      `--data-dir=${join(directory, 'data')}`,
      `--listen-client-urls=${clientUrl}`,
      `--advertise-client-urls=${clientUrl}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=oracle=${peerUrl}`,
      '--log-level=error',
    ]
    const process = new Process('etcd', flags, join(directory, 'etcd.log'))
    const gateway = new EtcdGateway(clientUrl, process, directory)
    await until('etcd to be healthy', async () => (await fetch(`${clientUrl}/health`)).ok)
    return gateway
  }

  async stop(): Promise<void> {
    this.#grpc.close()
    await this.#process.kill()
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async range(operation: RangeOperation): Promise<Answer<unknown>> {
    const answer = await this.#post('/v3/kv/range', rangeRequest(operation))
    return 'error' in answer ? answer : { result: rangeResult(answer.result) }
  }

  async apply(command: KvCommand): Promise<Answer<KvResult>> {
    const { path, request } = commandRequest(command)
    const answer = await this.#post(path, request)
    return 'error' in answer ? answer : { result: commandResult(command, answer.result) }
  }

  /** The keys that go with a lease, and how long it was granted for: -1 seconds if there is none. */
  async timeToLive(id: bigint): Promise<Answer<LeaseStatus>> {
    const answer = await this.#post('/v3/lease/timetolive', { ID: id.toString(), keys: true })
    if ('error' in answer) return answer
    const { TTL, grantedTTL, keys } = answer.result
    const ttl = number(TTL) < 0 ? -1 : number(grantedTTL)
    return { result: { ttlSeconds: ttl, keys: ((keys ?? []) as unknown[]).map(fromBase64) } }
  }

  async leases(): Promise<Answer<bigint[]>> {
    const answer = await this.#post('/v3/lease/leases', {})
    if ('error' in answer) return answer
    return { result: list(answer.result['leases']).map(({ ID }) => BigInt(String(ID))) }
  }

  /** Over gRPC: the gateway of 3.4 has only the hash of the whole file at that path. */
  hashKv(revision: number): Promise<Answer<{ hash: number; compactRevision: number }>> {
    return new Promise(resolve => {
      this.#grpc.makeUnaryRequest(
        '/etcdserverpb.Maintenance/HashKV',
        hashRequest,
        hashResult,
        revision,
        (error, result) => {
          if (error !== null) resolve({ error: error.details })
          else resolve({ result: result! })
        },
      )
    })
  }

  async #post(path: string, request: Json): Promise<Answer<Json>> {
    const response = await fetch(this.#url + path, { method: 'POST', body: JSON.stringify(request) })
    const json = (await response.json()) as Json
    return response.ok ? { result: json } : { error: String(json['error']) }
  }
}

// --- Requests ---

/** The path of the gateway and the body. */
export function commandRequest(command: KvCommand): { path: string; request: Json } {
  switch (command.kind) {
    case 'put':
      return { path: '/v3/kv/put', request: putRequest(command.put) }
    case 'deleteRange':
      return { path: '/v3/kv/deleterange', request: deleteRequest(command.deleteRange) }
    case 'txn':
      return { path: '/v3/kv/txn', request: txnRequest(command.txn) }
    case 'compact':
      return { path: '/v3/kv/compaction', request: { revision: command.compact.revision, physical: true } }
    case 'leaseGrant': {
      const { id, ttlSeconds } = command.leaseGrant
      return { path: '/v3/lease/grant', request: { ID: id.toString(), TTL: ttlSeconds } }
    }
    case 'leaseRevoke':
      return { path: '/v3/lease/revoke', request: { ID: command.leaseRevoke.id.toString() } }
    default:
      throw new Error(`no request of the API: ${command.kind}`)
  }
}

export function rangeRequest(operation: RangeOperation): Json {
  return {
    key: base64(operation.key),
    range_end: base64(operation.rangeEnd),
    limit: operation.limit,
    revision: operation.revision,
    sort_order: operation.sortOrder,
    sort_target: operation.sortTarget,
    keys_only: operation.keysOnly,
    count_only: operation.countOnly,
    min_mod_revision: operation.minModRevision,
    max_mod_revision: operation.maxModRevision,
    min_create_revision: operation.minCreateRevision,
    max_create_revision: operation.maxCreateRevision,
  }
}

function putRequest(put: PutOperation): Json {
  return {
    key: base64(put.key),
    value: base64(put.value),
    lease: put.lease.toString(),
    prev_kv: put.prevKv,
    ignore_value: put.ignoreValue,
    ignore_lease: put.ignoreLease,
  }
}

function deleteRequest({ key, rangeEnd, prevKv }: DeleteRangeOperation): Json {
  return { key: base64(key), range_end: base64(rangeEnd), prev_kv: prevKv }
}

function txnRequest({ compare, success, failure }: TxnOperation): Json {
  return {
    compare: compare.map(compareRequest),
    success: success.map(operationRequest),
    failure: failure.map(operationRequest),
  }
}

function operationRequest(operation: RequestOperation): Json {
  switch (operation.kind) {
    case 'range':
      return { request_range: rangeRequest(operation.range) }
    case 'put':
      return { request_put: putRequest(operation.put) }
    case 'deleteRange':
      return { request_delete_range: deleteRequest(operation.deleteRange) }
    case 'txn':
      return { request_txn: txnRequest(operation.txn) }
  }
}

function compareRequest(compare: Compare): Json {
  const union: Json[] = [
    { version: compare.number },
    { create_revision: compare.number },
    { mod_revision: compare.number },
    { value: base64(compare.value) },
    { lease: compare.lease.toString() },
  ]
  return {
    result: compare.result,
    target: compare.target,
    key: base64(compare.key),
    range_end: base64(compare.rangeEnd),
    ...union[compare.target],
  }
}

function hashRequest(revision: number): Buffer {
  const to = new ByteWriter()
  to.u8(0x08)
  to.varint(revision)
  return Buffer.from(to.finish())
}

function hashResult(message: Uint8Array): { hash: number; compactRevision: number } {
  const from = new ByteReader(message)
  let hash = 0
  let compactRevision = 0
  while (from.remaining > 0) {
    const tag = from.u8()
    if (tag === 0x0a) from.sizedBytes()
    else if (tag === 0x10) hash = from.varint()
    else compactRevision = int64(from)
  }
  return { hash, compactRevision }
}

/** Ten bytes, if it is negative. */
function int64(from: ByteReader): number {
  let value = 0n
  let shift = 0n
  let byte = 0x80
  while (byte > 0x7f) {
    byte = from.u8()
    value |= BigInt(byte & 0x7f) << shift
    shift += 7n
  }
  return Number(BigInt.asIntN(64, value))
}

// --- Responses: what is at its default is left out ---

function commandResult({ kind }: KvCommand, json: Json): KvResult {
  switch (kind) {
    case 'put':
      return putResult(json)
    case 'deleteRange':
      return deleteResult(json)
    case 'txn':
      return txnResult(json)
    case 'compact':
      return { kind, compact: { revision: revisionOf(json) } }
    case 'leaseGrant': {
      const granted = { id: BigInt(String(json['ID'])), ttlSeconds: number(json['TTL']) }
      return { kind, leaseGrant: { revision: revisionOf(json), ...granted } }
    }
    case 'leaseRevoke':
      // What went with it is not told.
      return { kind, leaseRevoke: { revision: revisionOf(json), keys: [] } }
    default:
      throw new Error(`no request of the API: ${kind}`)
  }
}

function rangeResult(json: Json) {
  return {
    revision: revisionOf(json),
    kvs: list(json['kvs']).map(keyValue),
    more: json['more'] === true,
    count: number(json['count']),
  }
}

function putResult(json: Json): KvResult & { kind: 'put' } {
  const prevKv = json['prev_kv'] === undefined ? undefined : keyValue(json['prev_kv'] as Json)
  return { kind: 'put', put: { revision: revisionOf(json), prevKv } }
}

function deleteResult(json: Json): KvResult & { kind: 'deleteRange' } {
  const prevKvs = list(json['prev_kvs']).map(keyValue)
  return {
    kind: 'deleteRange',
    deleteRange: { revision: revisionOf(json), deleted: number(json['deleted']), prevKvs },
  }
}

function txnResult(json: Json): KvResult & { kind: 'txn' } {
  const responses = list(json['responses']).map(responseOperation)
  return {
    kind: 'txn',
    txn: { revision: revisionOf(json), succeeded: json['succeeded'] === true, responses },
  }
}

function responseOperation(json: Json): ResponseOperation {
  if ('response_range' in json) return { kind: 'range', range: rangeResult(json['response_range'] as Json) }
  if ('response_put' in json) return putResult(json['response_put'] as Json)
  if ('response_delete_range' in json) return deleteResult(json['response_delete_range'] as Json)
  return txnResult(json['response_txn'] as Json)
}

function keyValue(json: Json): KeyValue {
  return {
    key: fromBase64(json['key']),
    createRevision: number(json['create_revision']),
    modRevision: number(json['mod_revision']),
    version: number(json['version']),
    value: fromBase64(json['value']),
    lease: BigInt(String(json['lease'] ?? 0)),
  }
}

function revisionOf(json: Json): number {
  return number((json['header'] as Json | undefined)?.['revision'])
}

function number(value: unknown): number {
  return Number(value ?? 0)
}

function list(value: unknown): Json[] {
  return (value ?? []) as Json[]
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function fromBase64(value: unknown): Uint8Array {
  return new Uint8Array(Buffer.from(String(value ?? ''), 'base64'))
}
