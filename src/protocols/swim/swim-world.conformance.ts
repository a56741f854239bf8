/** A group of members in virtual time, each behind the production executor and codec, and what they told of others. */
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import { CoreWorld } from '../../sim/core-world.ts'
import type { LinkQuality } from '../../sim/links.ts'
import type { SwimEffect } from './effect.ts'
import type { SwimMessage } from './message.ts'
import type { SwimOptions } from './options.ts'
import { Swim, type SwimInput } from './swim.ts'
import { decodeMessage, encodeMessage } from './swim-codec.ts'

export type News = Exclude<SwimEffect, { readonly kind: 'send' }>

export interface Told {
  readonly atMs: number
  readonly by: NodeId
  readonly news: News
}

export interface SwimWorldOptions {
  readonly seed: number
  readonly nodes: number
  readonly trace?: (line: string) => void
  readonly quality?: LinkQuality
  /** Of every member. */
  readonly options?: Partial<SwimOptions>
}

export const PERIOD_MS = 1000

export class SwimWorld {
  readonly world: CoreWorld<Exclude<SwimInput, { kind: 'receive' | 'deadline' }>, SwimMessage, News>
  readonly told: Told[] = []
  readonly #members = new Map<NodeId, Swim>()
  readonly #departed = new Set<NodeId>()

  constructor({ seed, nodes, trace, quality, options }: SwimWorldOptions) {
    this.world = new CoreWorld({
      seed,
      nodes,
      ...(trace && { trace }),
      ...(quality && { quality }),
      protocol: {
        create: ({ id, ids, random }) => {
          // Everybody may ask the first two; and they each other.
          const seeds = ids.slice(0, 2)
          const member = new Swim({ id, random, seeds, periodMs: PERIOD_MS, ...options })
          this.#members.set(id, member)
          this.#departed.delete(id)
          return member
        },
        encode: encodeMessage,
        decode: decodeMessage,
      },
      perform: (by, news) => {
        const atMs = this.world.clock.now() / 1000
        this.told.push({ atMs, by, news })
        if (news.kind === 'departed') this.#departed.add(by)
        trace?.(`${formatNodeId(by)} ${describeNews(news)}`)
      },
    })
  }

  member(id: NodeId): Swim {
    return this.#members.get(id)!
  }

  /** Those who run, and have not left. */
  get alive(): NodeId[] {
    return this.world.ids.filter(id => this.world.isAlive(id) && !this.#departed.has(id))
  }

  /** Whom a member takes to be there, itself included. */
  viewOf(id: NodeId): NodeId[] {
    const others = this.member(id).members.filter(({ state }) => state === 'alive' || state === 'suspect')
    return [id, ...others.map(member => member.id)].sort((a, b) => (a < b ? -1 : 1))
  }

  /** Everybody who lives knows everybody who lives, suspects nobody, and takes nobody else to be there. */
  get isAgreed(): boolean {
    const alive = this.alive.join()
    return this.alive.every(
      id =>
        this.viewOf(id).join() === alive && this.member(id).members.every(({ state }) => state !== 'suspect'),
    )
  }

  /** How often somebody was told this. */
  count(kind: News['kind']): number {
    return this.told.filter(({ news }) => news.kind === kind).length
  }

  describe(): string {
    return this.alive.map(id => `${id}: ${this.viewOf(id)} ${this.member(id).describe()}`).join('\n')
  }
}

function describeNews(news: News): string {
  if (news.kind === 'departed') return news.kind
  const { id, incarnation } = news.member
  return `${news.kind} ${formatNodeId(id)} in incarnation ${incarnation}`
}
