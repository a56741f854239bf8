/**
 * Anti-entropy (Demers §1.3), push and pull: two members compare what they know; each sends the other what it lacks.
 * Passing rumours on reaches nearly all quickly; this reaches the rest in the end.
 *
 * What is known is told in pages, each of a range of sources that it names, so that the other sees what is missing
 * between them; no message is larger than a packet.
 */
import type { Archive } from './archive.ts'
import { HEAD_BYTES_MAX, rumourBytes, sourceBytes } from './gossip-codec.ts'
import { knowsBy } from './ledger.ts'
import { ANSWER_PACKETS_MAX, PAGES_MAX } from './limits.ts'
import type { GossipMessage, SourceDigest } from './message.ts'
import { compareSources, type Rumour, type Source } from './rumour.ts'

export type Digest = GossipMessage & { readonly kind: 'digest' }

export class Reconciliation {
  readonly #archive: Archive
  readonly #roomBytes: number
  /** Where the next exchange goes on. */
  #after: Source | undefined

  constructor(archive: Archive, packetBytesMax: number) {
    this.#archive = archive
    this.#roomBytes = packetBytesMax - HEAD_BYTES_MAX
  }

  /** The pages of one exchange. */
  begin(): Digest[] {
    const pages = this.#pages(this.#after, undefined, true)
    this.#after = pages.at(-1)!.upTo
    return pages
  }

  /** What to send to whoever knows what this page says. */
  answer(digest: Digest): GossipMessage[] {
    const pushes = this.#missing(digest)
    const { after, upTo, asks } = digest
    return asks ? [...pushes, ...this.#pages(after, upTo, false)] : pushes
  }

  #pages(after: Source | undefined, upTo: Source | undefined, asks: boolean): Digest[] {
    const pages: Digest[] = []
    let from = after
    let sources: SourceDigest[] = []
    let roomBytes = this.#roomBytes
    const finish = (end: Source | undefined): void => {
      pages.push({ kind: 'digest', asks, ...(from && { after: from }), ...(end && { upTo: end }), sources })
      from = end
      sources = []
      roomBytes = this.#roomBytes
    }
    for (const ledger of this.#archive.between(after, upTo)) {
      const digest = ledger.digest()
      const bytes = sourceBytes(digest)
      const last = sources.at(-1)
      if (bytes > roomBytes && last !== undefined) {
        finish({ origin: last.origin, epoch: last.epoch })
        if (pages.length === PAGES_MAX) return pages
      }
      sources.push(digest)
      roomBytes -= bytes
    }
    finish(upTo)
    return pages
  }

  /** The rumours that the other lacks and this member keeps, as many as one answer takes. */
  #missing({ after, upTo, sources }: Digest): GossipMessage[] {
    const packets: Rumour[][] = []
    let roomBytes = 0
    let at = 0
    for (const { source, kept } of this.#archive.between(after, upTo)) {
      while (at < sources.length && compareSources(sources[at]!, source) < 0) at++
      const theirs = sources[at]
      const known = theirs !== undefined && compareSources(theirs, source) === 0 ? theirs : undefined
      for (const [number, rumour] of kept) {
        if (knowsBy(known, number)) continue
        const bytes = rumourBytes(rumour)
        if (bytes > roomBytes) {
          if (packets.length === ANSWER_PACKETS_MAX) return packets.map(push)
          packets.push([])
          roomBytes = this.#roomBytes
        }
        packets.at(-1)!.push(rumour)
        roomBytes -= bytes
      }
    }
    return packets.map(push)
  }
}

function push(rumours: Rumour[]): GossipMessage {
  return { kind: 'push', rumours }
}
