/** A connection that another node dialled: one of its lanes to us, once it has said who it is. */
import { ByteReader, type DecodeError } from '../../core/bytes.ts'
import type { GroupId, NodeId } from '../../core/ids.ts'
import type { Address, Connection, ConnectionHandlers } from '../../runtime/network.ts'
import {
  FRAME_KIND,
  NO_GROUP,
  type PeerLane,
  type Refusal,
  readHello,
  readJoinRequest,
  writeJoinAnswer,
  writeRefusal,
  writeWelcome,
} from '../../wire/frame/index.ts'
import type { PeerContext } from './context.ts'
import { judgeHello, type PeerStanding, versionsOf } from './hello.ts'
import { ANSWER_BUFFER_BYTES } from './limits.ts'
import { Link } from './link.ts'

export interface IncomingHost {
  standingOf(id: NodeId): PeerStanding
  /** @param version the latest that it speaks */
  greeted(incoming: Incoming, address: Address, version: number): void
  /** Comes once, whether it was greeted or not, unless the connection was abandoned. */
  incomingClosed(incoming: Incoming): void
}

export class Incoming {
  /** Who it is and what it is for; absent until it has said so and was welcomed. */
  from: { readonly id: NodeId; readonly lane: PeerLane } | undefined
  /** The peer's count of losses when this connection was greeted (see `Peer`). */
  lossesBefore = 0
  readonly #context: PeerContext
  readonly #host: IncomingHost
  readonly #link: Link
  #greetingSweeps = 0

  constructor(context: PeerContext, connection: Connection, host: IncomingHost) {
    this.#context = context
    this.#host = host
    this.#link = new Link(context.runtime.checksum, ANSWER_BUFFER_BYTES, {
      traffic: context.traffic,
      frame: (kind, group, payload) => this.#take(kind, group, payload),
      damaged: error => this.#damaged(error),
      drained() {},
      closed: () => host.incomingClosed(this),
    })
    this.#link.attach(connection)
  }

  get handlers(): ConnectionHandlers {
    return this.#link
  }

  resume(): void {
    this.#link.resume()
  }

  /** A stranger's time is limited even if it sends a byte now and then, or was refused; and it gets no pings. */
  sweep(silentSweepsMax: number): void {
    if (this.from !== undefined) this.#link.sweep(silentSweepsMax)
    else if (++this.#greetingSweeps >= silentSweepsMax) this.#link.cut('no greeting came')
  }

  abandon(): void {
    this.#link.abandon()
  }

  #take(kind: number, group: GroupId, payload: Uint8Array): void {
    if (this.from === undefined) {
      if (kind === FRAME_KIND.hello) this.#greet(payload)
      else if (kind === FRAME_KIND.join) this.#join(payload)
      else this.#refuse({ reason: 'protocol', text: 'the first frame is not a greeting' }, undefined)
      return
    }
    const { id } = this.from
    const { handlers } = this.#context
    if (kind === FRAME_KIND.message) {
      handlers.message(id, group, payload)
    } else if (kind === FRAME_KIND.snapshot) {
      if (!handlers.snapshot(id, group, payload)) this.#link.pause()
    } else if (kind === FRAME_KIND.ping) {
      this.#echo(new ByteReader(payload).u32())
    } else {
      this.#refuse({ reason: 'protocol', text: `a frame of kind ${kind} is not expected here` }, id)
    }
  }

  /** Whoever asks without reading the answers gets no more of them. */
  #echo(number: number): void {
    if (this.#link.waitingBytes() >= ANSWER_BUFFER_BYTES) return
    this.#link.send(FRAME_KIND.pong, NO_GROUP, to => to.u32(number))
  }

  #greet(payload: Uint8Array): void {
    const hello = readHello(new ByteReader(payload))
    const answer = judgeHello(this.#context.own, hello, id => this.#host.standingOf(id))
    if ('reason' in answer) return this.#refuse(answer, hello.sender)
    this.from = { id: hello.sender, lane: hello.lane }
    this.#link.trust()
    this.#link.send(FRAME_KIND.welcome, NO_GROUP, to => writeWelcome(to, answer))
    this.#host.greeted(this, hello.address, hello.versionMax)
  }

  #join(payload: Uint8Array): void {
    const request = readJoinRequest(new ByteReader(payload))
    const { versionMin, versionMax } = versionsOf(this.#context.own)
    if (request.versionMax < versionMin || request.versionMin > versionMax) {
      return this.#refuse({ reason: 'version', text: 'the two share no version' }, undefined)
    }
    const { consensus } = this.#context.own
    if (request.consensus !== consensus) {
      const text = `this group runs ${consensus}, not ${request.consensus}`
      return this.#refuse({ reason: 'otherConsensus', text }, undefined)
    }
    this.#context.handlers.joining?.(request, answer => {
      if ('reason' in answer) return this.#refuse(answer, undefined)
      this.#link.send(FRAME_KIND.joined, NO_GROUP, to => writeJoinAnswer(to, answer))
      this.#link.end('it was told who it is')
    })
  }

  #refuse(refusal: Refusal, who: NodeId | undefined): void {
    this.#context.complaints.about(refusal.reason, who, this.#link.remote, refusal.text)
    this.#link.send(FRAME_KIND.refusal, NO_GROUP, to => writeRefusal(to, refusal))
    this.#link.end(refusal.text)
  }

  #damaged(error: DecodeError): void {
    this.#context.complaints.about('protocol', this.from?.id, this.#link.remote, error.message)
  }
}
