/**
 * Who the others are, by all that was claimed about them, and what of it is passed on. A claim is taken if it is newer
 * than what is known, and then passed on; all else follows from that.
 *
 * Bad news about somebody unknown is not taken. So who is gone can be forgotten: if it were learned again from those
 * who still remember it, each would remind the other for ever.
 */
import { assert } from '../../core/assert.ts'
import { equalBytes } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import { addMs, type Instant, NEVER } from '../../core/time.ts'
import { Dissemination } from './dissemination.ts'
import type { MemberNews, SwimEffect } from './effect.ts'
import { MEMBERS_MAX } from './limits.ts'
import { type Claim, compareStandings, isGone, type Member, type MemberState } from './member.ts'
import { hasPart, type SwimOptions } from './options.ts'
import { ProbeOrder } from './probe-order.ts'
import { Suspicion } from './suspicion.ts'
import { HEAD_BYTES_MAX } from './swim-codec.ts'

interface Known {
  readonly id: NodeId
  state: MemberState
  incarnation: number
  meta: Uint8Array
  /** When it told that: a suspicion may come sooner than the incarnation that it is about. */
  metaIncarnation: number
}

export class Roster {
  readonly passedOn = new Dissemination()
  /** Those who are not gone. */
  readonly order: ProbeOrder
  readonly #options: Required<SwimOptions>
  readonly #known = new Map<NodeId, Known>()
  readonly #suspicions = new Map<NodeId, Suspicion>()
  /** When to forget who is gone; who went first stands first. */
  readonly #forgetAt = new Map<NodeId, Instant>()
  #now = 0 as Instant
  #out: SwimEffect[] = []

  constructor(options: Required<SwimOptions>) {
    this.#options = options
    this.order = new ProbeOrder(options.random)
  }

  open(now: Instant, out: SwimEffect[]): void {
    this.#now = now
    this.#out = out
  }

  /** Everybody known, those who are gone included; this member is not among them. */
  get members(): readonly Member[] {
    return [...this.#known.values()].map(viewOf)
  }

  get(id: NodeId): Member | undefined {
    const known = this.#known.get(id)
    return known && viewOf(known)
  }

  /** How many there are, this one included. */
  get groupSize(): number {
    return this.order.size + 1
  }

  get suspects(): number {
    return this.#suspicions.size
  }

  get gone(): number {
    return this.#forgetAt.size
  }

  stateOf(id: NodeId): MemberState | undefined {
    return this.#known.get(id)?.state
  }

  /**
   * Somebody says so, or it was found out here.
   *
   * @param passesOn false: everybody else knows it already
   */
  take(claim: Claim, passesOn = true): void {
    const known = this.#known.get(claim.id)
    if (known === undefined) return this.#meet(claim, passesOn)
    const isUpdated = this.#takeMeta(known, claim)
    const order = compareStandings(claim, known)
    const wasGone = isGone(known.state)
    if (order > 0) this.#change(known, claim)
    else if (order === 0 && claim.state === 'suspect') this.#confirm(claim)
    // Who was gone is told of as new.
    if (isUpdated && !wasGone) this.#tell('updated', known)
  }

  /** This member's own probes found that somebody does not answer. */
  suspect(id: NodeId): void {
    const known = this.#known.get(id)
    if (known === undefined || isGone(known.state)) return
    this.take({ state: 'suspect', id, incarnation: known.incarnation, by: this.#options.id })
  }

  /** What a message to somebody carries: first of all what is said about itself, if that is bad. */
  claimsFor(to: NodeId): Claim[] {
    const claims: Claim[] = []
    const known = this.#known.get(to)
    // Lifeguard §IV.C: who is suspected is told so by whoever probes it next, and can answer at once.
    if (known !== undefined && hasPart(this.#options, 'buddy') && known.state !== 'alive') {
      claims.push(this.#standing(known))
    }
    const roomBytes = this.#options.packetBytesMax - HEAD_BYTES_MAX - 32 * claims.length
    this.passedOn.fill(claims, roomBytes, this.#sendsMax)
    return claims
  }

  /** All that is known, as claims. */
  *claims(): Generator<Claim> {
    for (const known of this.#known.values()) {
      const { id, state, metaIncarnation, meta } = known
      if (!isGone(state)) yield { state: 'alive', id, incarnation: metaIncarnation, meta }
      if (state !== 'alive') yield this.#standing(known)
    }
  }

  /** Those who died, and may be there after all: cut off, or begun anew. */
  get lost(): NodeId[] {
    return [...this.#forgetAt.keys()].filter(id => this.stateOf(id) === 'dead')
  }

  /** When to look again. */
  get wakeAt(): Instant {
    let wakeAt = NEVER
    for (const { lookAt } of this.#suspicions.values()) if (lookAt < wakeAt) wakeAt = lookAt
    for (const at of this.#forgetAt.values()) return at < wakeAt ? at : wakeAt
    return wakeAt
  }

  /**
   * Whose time is over is dead; who has been dead for long is forgotten. Gives who is to be called before that.
   *
   * @param answerMs how long such a call is waited for
   */
  look(answerMs: number): NodeId[] {
    const called: NodeId[] = []
    for (const [id, suspicion] of this.#suspicions) {
      const next = suspicion.look(this.#now, answerMs)
      if (next === 'call') called.push(id)
      if (next !== 'verdict') continue
      this.take({ state: 'dead', id, incarnation: this.#known.get(id)!.incarnation })
    }
    for (const [id, at] of this.#forgetAt) {
      if (at > this.#now) break
      this.#forget(this.#known.get(id)!)
    }
    return called
  }

  /** Gives every suspect more time: so long nobody here could hear it. */
  excuse(milliseconds: number): void {
    for (const suspicion of this.#suspicions.values()) suspicion.excuse(milliseconds)
  }

  check(): void {
    this.passedOn.check()
    assert(this.#known.size <= MEMBERS_MAX, 'no more members are known than there is room for')
    assert(!this.#known.has(this.#options.id), 'a member does not believe others about itself')
    this.order.check(id => !isGone(this.stateOf(id) ?? 'dead'))
    assert(this.order.size + this.gone === this.#known.size, 'who is not gone is probed')
    for (const [id, { state }] of this.#known) {
      assert((state === 'suspect') === this.#suspicions.has(id), 'a suspicion ends, one way or the other')
      assert(isGone(state) === this.#forgetAt.has(id), 'who is gone is forgotten some day')
    }
  }

  get #sendsMax(): number {
    // The logarithm to base 2 of one more than there are, rounded up: whole numbers have it exactly.
    return this.#options.retransmissions * (32 - Math.clz32(this.groupSize))
  }

  #meet(claim: Claim, passesOn: boolean): void {
    if (claim.state !== 'alive' || this.#known.size >= MEMBERS_MAX) return
    const known: Known = { ...claim, metaIncarnation: claim.incarnation }
    this.#known.set(claim.id, known)
    this.order.add(claim.id)
    if (passesOn) this.passedOn.add(claim)
    this.#tell('joined', known)
  }

  #takeMeta(known: Known, claim: Claim): boolean {
    if (claim.state !== 'alive' || claim.incarnation <= known.metaIncarnation) return false
    const isOther = !equalBytes(known.meta, claim.meta)
    known.meta = claim.meta
    known.metaIncarnation = claim.incarnation
    return isOther
  }

  #change(known: Known, claim: Claim): void {
    const { id, state: before } = known
    known.state = claim.state
    known.incarnation = claim.incarnation
    if (isGone(before) && !isGone(claim.state)) this.order.add(id)
    if (!isGone(before) && isGone(claim.state)) this.order.remove(id)
    this.#suspicions.delete(id)
    this.#forgetAt.delete(id)
    if (claim.state === 'suspect') {
      this.#suspicions.set(id, new Suspicion(this.#now, claim.by, this.groupSize, this.#options))
    } else if (claim.state !== 'alive') {
      this.#forgetAt.set(id, addMs(this.#now, this.#options.forgetMs))
    }
    this.passedOn.add(claim)
    this.#tellChange(before, known)
  }

  #tellChange(before: MemberState, known: Known): void {
    if (isGone(known.state)) {
      if (!isGone(before)) this.#tell(known.state === 'left' ? 'left' : 'died', known)
      return
    }
    if (isGone(before)) this.#tell('joined', known)
    if (known.state === 'suspect' && before !== 'suspect') this.#tell('suspected', known)
    if (known.state === 'alive' && before === 'suspect') this.#tell('trusted', known)
  }

  #confirm(claim: Claim & { readonly state: 'suspect' }): void {
    if (this.#suspicions.get(claim.id)!.confirm(claim.by)) this.passedOn.add(claim)
  }

  #forget(known: Known): void {
    this.#known.delete(known.id)
    this.#forgetAt.delete(known.id)
    this.passedOn.remove(known.id)
    this.#tell('forgotten', known)
  }

  #standing(known: Known): Claim {
    const { id, state, incarnation, meta } = known
    if (state === 'alive') return { state, id, incarnation, meta }
    if (state === 'suspect') return { state, id, incarnation, by: this.#suspicions.get(id)!.by }
    return { state, id, incarnation }
  }

  #tell(kind: MemberNews, known: Known): void {
    this.#out.push({ kind, member: viewOf(known) })
  }
}

function viewOf({ id, state, incarnation, meta }: Known): Member {
  return { id, state, incarnation, meta }
}
