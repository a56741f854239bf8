/**
 * What a node of the Synod asks for, and the order in which things become durable. Messages to oneself wait
 * for durability like any other: a node's roles talk to each other by the same messages.
 */
import type { Entry } from '../../core/entry.ts'
import type { NodeId, Token } from '../../core/ids.ts'
import type { ConsensusEffect } from '../consensus.ts'
import type { SynodMessage } from './message.ts'
import { encodeMemory, type Memory } from './message-codec.ts'

type Effect = ConsensusEffect<SynodMessage>

interface OwnMessage {
  readonly after: Token
  readonly message: SynodMessage
}

export class Outbox {
  readonly #id: NodeId
  readonly #toSelf: OwnMessage[] = []
  #issued = 0 as Token
  #durable = 0 as Token
  #out: Effect[] = []

  constructor(id: NodeId) {
    this.#id = id
  }

  /** Where the effects of this step go. */
  open(out: Effect[]): void {
    this.#out = out
  }

  put(effect: Effect): void {
    this.#out.push(effect)
  }

  /** Everything that was asked for so far. */
  get issued(): Token {
    return this.#issued
  }

  /** Nothing waits for the disk. */
  get isDurable(): boolean {
    return this.#durable === this.#issued
  }

  /** Makes the memory durable, and the proposal with it. */
  persist(memory: Memory, write: Entry | undefined): Token {
    this.#issued = (this.#issued + 1) as Token
    const promise = encodeMemory(memory)
    const update = write === undefined ? { promise } : { promise, writes: [write] }
    this.#out.push({ kind: 'persist', token: this.#issued, update })
    return this.#issued
  }

  persisted(token: Token): void {
    this.#durable = token
  }

  /** `after`: not before this is durable. */
  send(to: NodeId, message: SynodMessage, after: Token = 0 as Token): void {
    if (to === this.#id) this.#toSelf.push({ after, message })
    else if (after <= this.#durable) this.#out.push({ kind: 'send', to, message })
    else this.#out.push({ kind: 'send', to, message, after })
  }

  /** The next message to oneself whose time has come. */
  nextToSelf(): SynodMessage | undefined {
    const first = this.#toSelf[0]
    if (first === undefined || first.after > this.#durable) return undefined
    this.#toSelf.shift()
    return first.message
  }
}
