/**
 * One machine that several share, one at a time and in the order in which they asked: `request` and `release`, as in
 * Lamport's paper of 1978. All must live, and messages between two arrive in order: it is no lock for who may crash.
 */
import { compareLamport, LamportClock, type LamportStamp, type NodeId } from 'quorate/protocols/clocks'

interface Letter {
  readonly kind: 'request' | 'known' | 'release'
  readonly to: NodeId
  readonly stamp: LamportStamp
}

export class Sharer {
  readonly #id: NodeId
  readonly #others: readonly NodeId[]
  readonly #send: (letter: Letter) => void
  readonly #clock: LamportClock
  /** Who has asked, and when; in the order that everybody comes to. */
  #requests: LamportStamp[] = []
  readonly #heard = new Map<NodeId, LamportStamp>()

  constructor(id: bigint, all: readonly bigint[], send: (letter: Letter) => void) {
    this.#id = id as NodeId
    this.#others = (all as readonly NodeId[]).filter(other => other !== id)
    this.#send = send
    this.#clock = new LamportClock(this.#id)
  }

  request = (): void => this.#tellAll('request')
  release = (): void => this.#tellAll('release')

  /** Its request is the first, and of each other it has heard something later: no earlier request is under way. */
  get hasTurn(): boolean {
    const [first] = this.#requests
    if (first?.node !== this.#id) return false
    return this.#others.every(other => compareLamport(this.#heard.get(other) ?? first, first) > 0)
  }

  receive({ kind, stamp }: Letter): void {
    this.#clock.receive(stamp)
    this.#heard.set(stamp.node, stamp)
    this.#note(kind, stamp)
    if (kind === 'request') this.#send({ kind: 'known', to: stamp.node, stamp: this.#clock.tick() })
  }

  #tellAll(kind: 'request' | 'release'): void {
    const stamp = this.#clock.tick()
    this.#note(kind, stamp)
    for (const to of this.#others) this.#send({ kind, to, stamp })
  }

  #note(kind: Letter['kind'], stamp: LamportStamp): void {
    if (kind === 'request') this.#requests = [...this.#requests, stamp].sort(compareLamport)
    if (kind === 'release') this.#requests = this.#requests.filter(({ node }) => node !== stamp.node)
  }
}
