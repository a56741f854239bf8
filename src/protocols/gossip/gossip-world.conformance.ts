/** A few members in virtual time, each behind the production executor and codec, and what was delivered to each. */
import type { NodeId } from '../../core/ids.ts'
import { CoreWorld } from '../../sim/core-world.ts'
import type { LinkQuality } from '../../sim/links.ts'
import { Gossip, type GossipEffect, type GossipInput } from './gossip.ts'
import { decodeMessage, encodeMessage } from './gossip-codec.ts'
import type { GossipMessage } from './message.ts'
import type { GossipOptions } from './options.ts'

export type Told = Exclude<GossipEffect, { readonly kind: 'send' }>

export interface GossipWorldOptions {
  readonly seed: number
  readonly nodes: number
  readonly trace?: (line: string) => void
  readonly quality?: LinkQuality
  /** Of every member. */
  readonly options?: Partial<GossipOptions>
}

export class GossipWorld {
  readonly world: CoreWorld<Exclude<GossipInput, { kind: 'receive' | 'deadline' }>, GossipMessage, Told>
  /** By member, what it was given in its present life, as text. */
  readonly heard = new Map<NodeId, string[]>()
  readonly missed: NodeId[] = []
  /** Everything that was broadcast, and by whom. */
  readonly said: { readonly by: NodeId; readonly text: string; readonly life: number }[] = []
  readonly #lives = new Map<NodeId, number>()

  constructor({ seed, nodes, trace, quality, options }: GossipWorldOptions) {
    this.world = new CoreWorld({
      seed,
      nodes,
      ...(trace && { trace }),
      ...(quality && { quality }),
      protocol: {
        create: ({ id, ids, random }) => {
          const epoch = (this.#lives.get(id) ?? 0) + 1
          this.#lives.set(id, epoch)
          this.heard.set(id, [])
          return new Gossip({ id, random, epoch, members: ids, ...options })
        },
        encode: encodeMessage,
        decode: decodeMessage,
      },
      perform: (id, told) => {
        if (told.kind === 'missed') this.missed.push(id)
        else this.heard.get(id)!.push(textOf(told.rumour.payload))
        if (told.kind === 'deliver') trace?.(`${id} hears "${textOf(told.rumour.payload)}"`)
      },
    })
  }

  get alive(): NodeId[] {
    return this.world.ids.filter(id => this.world.isAlive(id))
  }

  say(by: NodeId, text: string): void {
    this.said.push({ by, text, life: this.#lives.get(by)! })
    this.world.give(by, { kind: 'broadcast', payload: Uint8Array.from(text, letter => letter.charCodeAt(0)) })
  }

  /** Whether a member says this in its present life: it is not given it, and knows it all the same. */
  isOwn(id: NodeId, text: string): boolean {
    return this.said.some(said => said.by === id && said.text === text && said.life === this.#lives.get(id))
  }

  /** Whether all who live know this, or nobody does. */
  isKnownAlike(by: NodeId, text: string): boolean {
    const others = this.alive.filter(id => id !== by || !this.isOwn(by, text))
    const knowing = others.filter(id => this.countOf(id, text) > 0).length
    return this.isOwn(by, text) && this.world.isAlive(by)
      ? knowing === others.length
      : knowing === 0 || knowing === others.length
  }

  describe(): string {
    return this.alive.map(id => `${id}: ${this.heard.get(id)} ${this.world.core(id).describe()}`).join('; ')
  }

  /** How often a member that lives was given this. */
  countOf(id: NodeId, text: string): number {
    return this.heard.get(id)!.filter(heard => heard === text).length
  }
}

function textOf(payload: Uint8Array): string {
  return String.fromCharCode(...payload)
}
