/**
 * A member that keeps pairs, and a client that places them by a hash ring: the smallest program around consistent
 * hashing. Nobody keeps copies, and whoever is told of other members moves what no longer belongs to it.
 */
import type { ByteReader, ByteWriter } from '../../core/bytes.ts'
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import type { Core, SendEffect } from '../../core/sans-io.ts'
import { type Instant, NEVER } from '../../core/time.ts'
import { utf8Bytes, utf8Text } from '../../core/utf8.ts'
import { HashRing } from '../../protocols/placement/index.ts'

export const KINDS = ['put', 'stored', 'get', 'found', 'missing', 'move'] as const

export interface StoreMessage {
  readonly kind: (typeof KINDS)[number]
  readonly key: string
  /** Empty where there is none to tell. */
  readonly value: string
}

export type StoreInput =
  | { readonly kind: 'receive'; readonly from: NodeId; readonly message: StoreMessage }
  /** From now on these are the members: all whom this node knows of. */
  | { readonly kind: 'members'; readonly members: readonly NodeId[] }
  | { readonly kind: 'put'; readonly key: string; readonly value: string }
  | { readonly kind: 'get'; readonly key: string }
  | { readonly kind: 'deadline' }

export type StoreEffect =
  | SendEffect<StoreMessage>
  /** Of a client: a member has answered. */
  | { readonly kind: 'answered'; readonly message: StoreMessage; readonly by: NodeId }
  | { readonly kind: 'moved'; readonly key: string; readonly to: NodeId }

export class StoreNode implements Core<StoreInput, StoreEffect> {
  readonly #id: NodeId
  readonly #pairs = new Map<string, string>()
  #ring: HashRing

  constructor(id: NodeId, members: readonly NodeId[]) {
    this.#id = id
    this.#ring = ringOf(members)
  }

  step(_: Instant, inputs: readonly StoreInput[], out: StoreEffect[]): void {
    for (const input of inputs) this.#take(input, out)
  }

  deadline(): Instant {
    return NEVER
  }

  check(): void {
    this.#ring.check()
  }

  describe(): string {
    const members = this.#ring.members.map(({ node }) => formatNodeId(node)).join(' ')
    return `${[...this.#pairs.keys()].join(' ') || 'no keys'}; ring of ${members}`
  }

  #take(input: StoreInput, out: StoreEffect[]): void {
    const send = (to: NodeId, message: StoreMessage): void => void out.push({ kind: 'send', to, message })
    if (input.kind === 'put') send(this.#ring.locate(input.key), { ...input, kind: 'put' })
    else if (input.kind === 'get') send(this.#ring.locate(input.key), { ...input, value: '' })
    else if (input.kind === 'members') this.#become(input.members, out)
    else if (input.kind === 'receive') this.#receive(input.from, input.message, send, out)
  }

  #receive(
    from: NodeId,
    message: StoreMessage,
    send: (to: NodeId, message: StoreMessage) => void,
    out: StoreEffect[],
  ): void {
    const { kind, key, value } = message
    if (kind === 'put' || kind === 'move') {
      // What moves here is older than what was written here meanwhile.
      if (kind === 'put' || !this.#pairs.has(key)) this.#pairs.set(key, value)
      if (kind === 'put') send(from, { kind: 'stored', key, value })
    } else if (kind === 'get') {
      const known = this.#pairs.get(key)
      send(from, { kind: known === undefined ? 'missing' : 'found', key, value: known ?? '' })
    } else out.push({ kind: 'answered', message, by: from })
  }

  /** What belongs to somebody else now is sent there, and forgotten here. */
  #become(members: readonly NodeId[], out: StoreEffect[]): void {
    this.#ring = ringOf(members)
    for (const [key, value] of this.#pairs) {
      const to = this.#ring.locate(key)
      if (to === this.#id) continue
      this.#pairs.delete(key)
      out.push({ kind: 'send', to, message: { kind: 'move', key, value } }, { kind: 'moved', key, to })
    }
  }
}

/** Few points, so that a handful of keys lie as unevenly as theory has it. */
const VIRTUAL_NODES = 16

export function ringOf(members: readonly NodeId[]): HashRing {
  return new HashRing(
    members.map(node => ({ node })),
    { virtualNodes: VIRTUAL_NODES },
  )
}

export function encodeStoreMessage({ kind, key, value }: StoreMessage, to: ByteWriter): void {
  to.u8(KINDS.indexOf(kind))
  for (const text of [key, value]) {
    const bytes = utf8Bytes(text)
    to.varint(bytes.length)
    to.bytes(bytes)
  }
}

export function decodeStoreMessage(from: ByteReader): StoreMessage {
  const kind = KINDS[from.u8()]
  if (kind === undefined) throw from.error('unknown kind of message')
  const text = (): string => utf8Text(from.bytes(from.varint()))
  return { kind, key: text(), value: text() }
}
