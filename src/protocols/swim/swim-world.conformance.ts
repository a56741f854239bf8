/** A group of members in virtual time, each behind the production executor and codec, and what they told of others. */
import { EMPTY, equalBytes } from '../../core/bytes.ts'
import { formatNodeId, type NodeId } from '../../core/ids.ts'
import { CoreWorld } from '../../sim/core-world.ts'
import type { LinkQuality } from '../../sim/links.ts'
import type { SwimEffect } from './effect.ts'
import { isGone } from './member.ts'
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

/** Everybody may ask these; and they each other. */
const SEEDS = [1n, 2n] as NodeId[]

export class SwimWorld {
  readonly world: CoreWorld<Exclude<SwimInput, { kind: 'receive' | 'deadline' }>, SwimMessage, News>
  readonly told: Told[] = []
  /** What each member tells about itself in its present life. */
  readonly metas = new Map<NodeId, Uint8Array>()
  readonly #members = new Map<NodeId, Swim>()
  readonly #departed = new Set<NodeId>()

  constructor({ seed, nodes, trace, quality, options }: SwimWorldOptions) {
    this.world = new CoreWorld({
      seed,
      nodes,
      ...(trace && { trace }),
      ...(quality && { quality }),
      protocol: {
        create: ({ id, random }) => {
          const member = new Swim({ id, random, seeds: SEEDS, periodMs: PERIOD_MS, ...options })
          this.#members.set(id, member)
          this.#departed.delete(id)
          this.metas.set(id, EMPTY)
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

  /** Ends all faults, and starts everyone; of those who left only the seeds, for others may know nobody else. */
  heal(): void {
    for (const id of this.#departed) if (SEEDS.includes(id)) this.world.crash(id)
    this.world.heal()
  }

  /** A member tells something else about itself. */
  update(id: NodeId, meta: Uint8Array): void {
    this.metas.set(id, meta)
    this.world.give(id, { kind: 'update', meta })
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
    const others = this.member(id).members.filter(({ state }) => !isGone(state))
    return [id, ...others.map(member => member.id)].sort((a, b) => (a < b ? -1 : 1))
  }

  /**
   * Everybody who lives knows everybody who lives, and what that one tells about itself; suspects nobody, and takes
   * nobody else to be there.
   */
  get isAgreed(): boolean {
    const alive = this.alive.join()
    return this.alive.every(id => this.viewOf(id).join() === alive && this.#isUpToDate(id))
  }

  /** How often somebody was told this. */
  count(kind: News['kind']): number {
    return this.told.filter(({ news }) => news.kind === kind).length
  }

  #isUpToDate(id: NodeId): boolean {
    return this.member(id).members.every(
      ({ id: other, state, meta }) =>
        isGone(state) || (state === 'alive' && equalBytes(meta, this.metas.get(other)!)),
    )
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
