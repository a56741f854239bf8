/** Asks one member, over a connection of its own, who this node is in its cluster. One question, one answer. */
import { ByteReader, DecodeError } from '../../core/bytes.ts'
import { addMs } from '../../core/time.ts'
import type { Address } from '../../runtime/network.ts'
import {
  FRAME_KIND,
  type JoinAnswer,
  type JoinRequest,
  NO_GROUP,
  type Refusal,
  readJoinAnswer,
  readRefusal,
  writeJoinRequest,
} from '../../wire/frame/index.ts'
import type { PeerRuntime } from './context.ts'
import { ANSWER_BUFFER_BYTES, JOIN_ANSWER_MS_MAX, PEER_VERSION_MAX, PEER_VERSION_MIN } from './limits.ts'
import { Link } from './link.ts'

/** What became of the question; `silence` says why there is no answer. */
export type JoinOutcome =
  | { readonly kind: 'answer'; readonly answer: JoinAnswer }
  | { readonly kind: 'refusal'; readonly refusal: Refusal }
  | { readonly kind: 'silence'; readonly why: string }

export function askToJoin(
  runtime: PeerRuntime,
  address: Address,
  request: Pick<JoinRequest, 'peerUrls' | 'life' | 'consensus'>,
  done: (outcome: JoinOutcome) => void,
): void {
  let isDone = false
  const end = (outcome: JoinOutcome): void => {
    if (isDone) return
    isDone = true
    timer.clear()
    link.abandon()
    done(outcome)
  }
  const timer = runtime.clock.timer(() => end({ kind: 'silence', why: 'no answer came' }))
  const link: Link = new Link(runtime.checksum, ANSWER_BUFFER_BYTES, {
    frame: (kind, _group, payload) => end(readAnswer(kind, payload)),
    damaged: error => end({ kind: 'silence', why: error.message }),
    drained() {},
    closed: why => end({ kind: 'silence', why }),
  })
  link.attach(
    runtime.network.connect(address, {
      opened() {},
      received: bytes => link.received(bytes),
      drained: () => link.drained(),
      closed: error => link.closed(error),
    }),
  )
  // What comes is an answer, or an end: a configuration may be longer than a greeting.
  link.trust()
  const versions = { versionMin: PEER_VERSION_MIN, versionMax: PEER_VERSION_MAX }
  link.send(FRAME_KIND.join, NO_GROUP, to => writeJoinRequest(to, { ...versions, ...request }))
  timer.set(addMs(runtime.clock.now(), JOIN_ANSWER_MS_MAX))
}

function readAnswer(kind: number, payload: Uint8Array): JoinOutcome {
  try {
    // The payload is only valid during the call.
    const from = new ByteReader(payload.slice())
    if (kind === FRAME_KIND.joined) return { kind: 'answer', answer: readJoinAnswer(from) }
    if (kind === FRAME_KIND.refusal) return { kind: 'refusal', refusal: readRefusal(from) }
    return { kind: 'silence', why: `a frame of kind ${kind} is not expected here` }
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    return { kind: 'silence', why: error.message }
  }
}
