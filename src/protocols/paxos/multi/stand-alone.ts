/**
 * What makes a member go on alone when a majority of its group is lost for good: whatever it has accepted is taken for
 * chosen, no-ops for what it has not, and behind that stands a configuration in which nobody else votes, with as many
 * no-ops as it takes until that one is in force.
 *
 * That is not consensus. What a lost majority had chosen and this log lacks is gone, and what was never chosen may turn
 * up as done. So an operator asks for it, and the cluster gets another identity: the others, should they come back,
 * are members of another one.
 */
import { EMPTY } from '../../../core/bytes.ts'
import type { Entry } from '../../../core/entry.ts'
import { type Ballot, type Index, NOBODY, type ProposalId } from '../../../core/ids.ts'
import type { LogBase } from '../../../core/log-update.ts'
import type { ConsensusProtocol } from '../../consensus.ts'
import { lastOfRound, roundOf } from '../ballot.ts'
import {
  decodeConfiguration,
  encodeConfiguration,
  firstSlotOf,
  groupConfiguration,
  planChange,
} from './configuration.ts'
import type { PaxosMessage } from './message.ts'
import { decodeMemory, encodeMemory, NOTHING_PROMISED } from './promise.ts'
import { baseOf } from './recovery.ts'

export const standAlone: NonNullable<ConsensusProtocol<PaxosMessage>['standAlone']> = (
  recovered,
  applied,
  self,
  alone,
) => {
  const base = baseOf(recovered, applied)
  const accepted = recovered.entries.filter(entry => entry.index > base.index)
  const newest = decodeConfiguration(
    accepted.findLast(({ kind }) => kind === 'configuration')?.data ?? base.configuration,
  )
  const current = groupConfiguration(newest, base.index)
  const memory = recovered.promise ? decodeMemory(recovered.promise) : NOTHING_PROMISED
  const ballot = lastOfRound(roundOf(Math.max(memory.ballot, base.ballot) as Ballot) + 1)
  const last = accepted.at(-1)?.index ?? base.index
  // One change of the members at a time: the one before is in force first.
  const changedAt = Math.max(last + 1, firstSlotOf(newest)) as Index
  const only = planChange(newest, { voters: [self], learners: [] }, alone(current), changedAt)!
  // Nobody is needed any more who left with it, once something was chosen without them.
  const chosen = firstSlotOf(only)
  const writes = fill(base, accepted, chosen, ballot).map(entry =>
    entry.index === changedAt
      ? ({ ...entry, kind: 'configuration', data: encodeConfiguration(only) } as const)
      : entry,
  )
  const promise = encodeMemory({ ...memory, ballot, doubt: 'none', floor: 0 as Index, chosen })
  return { update: { promise, base, writes }, current }
}

/** No-ops of this ballot, up to this slot, wherever nothing was accepted. */
function fill(base: LogBase, accepted: readonly Entry[], through: Index, ballot: Ballot): Entry[] {
  const held = new Map(accepted.map(entry => [entry.index, entry]))
  const noops: Entry[] = []
  let { time } = base
  for (let slot = base.index + 1; slot <= through; slot++) {
    const index = slot as Index
    const entry = held.get(index)
    if (entry !== undefined) time = entry.time
    else {
      noops.push({
        index,
        ballot,
        kind: 'noop',
        time,
        origin: NOBODY,
        proposal: 0 as ProposalId,
        data: EMPTY,
      })
    }
  }
  return noops
}
