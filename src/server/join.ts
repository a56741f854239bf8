/** A node that was started to join asks the members, one after the other, who it is, until one of them answers. */
import { ByteReader } from '../core/bytes.ts'
import { QuorateError } from '../core/errors.ts'
import { addMs, type Instant } from '../core/time.ts'
import { askToJoin, type JoinOutcome } from '../replication/peers/index.ts'
import type { Address } from '../runtime/network.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { JoinAnswer } from '../wire/frame/index.ts'
import type { NodeConfig } from './config.ts'
import { JOIN_MS_MAX, JOIN_RETRY_MS } from './limits.ts'
import { MembershipErrors } from './membership-errors.ts'
import { addressOf } from './node-url.ts'

/**
 * @param hasBegun the node has a directory already, and only lacks the members.
 *
 * One who does not know it may be behind: whoever was added is known to one of any majority.
 *
 * Throws `QUORATE_JOIN_NOT_A_MEMBER` if nobody has added it, `QUORATE_JOIN_UNANSWERED` if no quorum was found.
 */
export async function join(runtime: Runtime, config: NodeConfig, hasBegun: boolean): Promise<JoinAnswer> {
  const { clock } = runtime
  const members = config.initialCluster.filter(({ name }) => name !== config.name)
  const addresses = members.flatMap(({ peerUrls }) => peerUrls.map(addressOf))
  const { initialAdvertisePeerUrls: peerUrls, consensus } = config
  const request = { peerUrls, consensus, life: hasBegun ? 0n : drawLife(runtime) }
  const end = addMs(clock.now(), JOIN_MS_MAX)
  /** Places of those who do not know of it. */
  const strangers = new Set<number>()
  let last = 'there is nobody to ask'
  for (let asked = 0; clock.now() < end && addresses.length > 0; asked++) {
    const place = asked % addresses.length
    const outcome = await ask(runtime, addresses[place]!, request)
    if (outcome.kind === 'answer') return outcome.answer
    last = outcome.kind === 'refusal' ? outcome.refusal.text : outcome.why
    if (outcome.kind === 'refusal' && outcome.refusal.reason === 'unknown') strangers.add(place)
    else strangers.delete(place)
    if (strangers.size * 2 > addresses.length) throw notAMember(last)
    if ((asked + 1) % addresses.length === 0) await pause(runtime, addMs(clock.now(), JOIN_RETRY_MS))
  }
  throw new QuorateError(
    MembershipErrors.joinUnanswered,
    `no member told this node who it is; the last answer: ${last}`,
    'refused',
    { hint: 'Check --initial-cluster, and that a majority of the members is up; then start the node again.' },
  )
}

function ask(
  runtime: Runtime,
  address: Address,
  request: Parameters<typeof askToJoin>[2],
): Promise<JoinOutcome> {
  return new Promise(resolve => askToJoin(runtime, address, request, resolve))
}

function pause({ clock }: Runtime, until: Instant): Promise<void> {
  return new Promise(resolve => clock.timer(resolve).set(until))
}

/** Two are taken: of who has not begun, and of who was there when the group began. */
function drawLife(runtime: Runtime): bigint {
  return new ByteReader(runtime.entropy(8)).u64big() | 2n
}

function notAMember(text: string): QuorateError {
  return new QuorateError(MembershipErrors.notAMember, text, 'refused', {
    hint: 'Add it first (quorate member add, etcdctl member add), with exactly these peer URLs.',
  })
}
