/**
 * Calls of etcd's API through a client of somebody else (grpc-js), with messages as JSON: what any server of the API
 * answers, field by field, its errors with their codes.
 */
import {
  type CallOptions,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type ServiceError,
  type StatusObject,
} from '@grpc/grpc-js'
import { ROUTES } from '../../src/services/etcd/gateway/routes.ts'
import { JsonMessages } from '../../src/wire/etcd/json/from-json.ts'
import type { MessageName } from '../../src/wire/etcd/json/schema.ts'
import { messageToJson } from '../../src/wire/etcd/json/to-json.ts'

export type Json = { readonly [name: string]: unknown }

/** Of a call that was not refused: code 0, and the answer. */
export interface Answer {
  readonly code: number
  readonly message: string
  readonly response: Json
}

export interface AskOptions {
  readonly metadata?: Readonly<Record<string, string>>
  readonly timeoutMs?: number
}

const METHODS = new Map([...ROUTES.values()].map(route => [route.rpc, route]))
const ANY_SIZE = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 }

export class EtcdCalls {
  readonly #client: Client

  /** @param endpoint a URL */
  constructor(endpoint: string) {
    this.#client = new Client(new URL(endpoint).host, credentials.createInsecure(), ANY_SIZE)
  }

  /** What is under way goes on. */
  close(): void {
    this.#client.close()
  }

  /** @param rpc without the slash in front: `etcdserverpb.KV/Range` */
  ask(rpc: string, request: Json, options: AskOptions = {}): Promise<Answer> {
    return this.begin(rpc, request, options).answer
  }

  /** A unary call that can be given up. */
  begin(rpc: string, request: Json, options: AskOptions = {}): { answer: Promise<Answer>; cancel(): void } {
    const { encode, decode } = codecOf(rpc)
    const { metadata, callOptions } = settings(options)
    let cancel = (): void => {}
    const answer = new Promise<Answer>(resolve => {
      const told = (error: ServiceError | null, response?: Json): void => {
        if (error === null) resolve({ code: 0, message: '', response: response! })
        else resolve({ code: error.code, message: error.details, response: {} })
      }
      const path = `/${rpc}`
      const call = this.#client.makeUnaryRequest(path, encode, decode, request, metadata, callOptions, told)
      cancel = () => call.cancel()
    })
    return { answer, cancel: () => cancel() }
  }

  stream(rpc: string, options: AskOptions = {}): CallStream {
    const { encode, decode } = codecOf(rpc)
    const { metadata, callOptions } = settings(options)
    return new CallStream(
      this.#client.makeBidiStreamRequest(`/${rpc}`, encode, decode, metadata, callOptions),
    )
  }
}

/** A stream of answers; what came is kept until somebody looks. */
export class CallStream {
  readonly received: Json[] = []
  status: StatusObject | undefined
  readonly #call: ClientDuplexStream<Json, Json>

  constructor(call: ClientDuplexStream<Json, Json>) {
    this.#call = call
    call.on('data', (message: Json) => this.received.push(message))
    call.on('status', (status: StatusObject) => {
      this.status = status
    })
    // It is told of as the status as well.
    call.on('error', () => {})
  }

  send(request: Json): void {
    this.#call.write(request)
  }

  /** Takes nothing more until told to go on. */
  pause(): void {
    this.#call.pause()
  }

  resume(): void {
    this.#call.resume()
  }

  end(): void {
    this.#call.end()
  }

  cancel(): void {
    this.#call.cancel()
  }
}

export const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString('base64')
export const unbase64 = (text: string): string => Buffer.from(text, 'base64').toString()

/** What stands at `header.revision`, say, as text; empty if nothing does. */
export function at(json: Json, path: string): string {
  let found: unknown = json
  for (const name of path.split('.')) found = (found as Json | undefined)?.[name]
  return found === undefined ? '' : String(found)
}

/** Without what is a cluster's own: its ids, its term. */
export function withoutIds(json: Json): Json {
  return JSON.parse(
    JSON.stringify(json, (name, value) =>
      name === 'cluster_id' || name === 'member_id' || name === 'raft_term' ? undefined : value,
    ),
  ) as Json
}

function codecOf(rpc: string) {
  const route = METHODS.get(`/${rpc}`)
  if (route === undefined) throw new Error(`no method ${rpc}`)
  return {
    encode: (request: Json): Buffer => encoded(route.request, request),
    decode: (bytes: Buffer): Json =>
      JSON.parse(Buffer.from(messageToJson(route.response, bytes)).toString()) as Json,
  }
}

/** No client sends an end of a range that is empty: to etcd one that is sent is not the same as none. */
function encoded(message: MessageName, request: Json): Buffer {
  const isNone = (name: string, value: unknown): boolean => name === 'range_end' && value === ''
  const json = Buffer.from(
    JSON.stringify(request, (name, value) => (isNone(name, value) ? undefined : value)),
  )
  return Buffer.from(new JsonMessages(message, json).next()!)
}

function settings({ metadata = {}, timeoutMs }: AskOptions): {
  metadata: Metadata
  callOptions: CallOptions
} {
  const all = new Metadata()
  for (const [name, value] of Object.entries(metadata)) all.set(name, value)
  return { metadata: all, callOptions: timeoutMs === undefined ? {} : { deadline: Date.now() + timeoutMs } }
}
