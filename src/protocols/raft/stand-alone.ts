/**
 * What makes a member go on alone when a majority of its group is lost for good: one more entry in its log, a
 * configuration in which nobody else votes. As its only voter it then leads, and whatever its log holds is committed.
 *
 * That is not consensus. What a lost majority had acknowledged and this log lacks is gone, and what was never
 * acknowledged may turn up as done. So an operator asks for it, and the cluster gets another identity: the others,
 * should they come back, are members of another one.
 */
import type { Entry } from '../../core/entry.ts'
import { type Ballot, type Index, NOBODY, type ProposalId } from '../../core/ids.ts'
import type { LogBase } from '../../core/log-update.ts'
import type { ConsensusProtocol } from '../consensus.ts'
import { type Configuration, encodeConfiguration, groupConfiguration } from './configuration.ts'
import { ConfigurationHistory } from './membership-change.ts'
import type { RaftMessage } from './message.ts'
import { decodePromise, encodePromise, NOTHING_PROMISED } from './promise.ts'
import { RaftLog } from './raft-log.ts'

export const standAlone: NonNullable<ConsensusProtocol<RaftMessage>['standAlone']> = (
  recovered,
  applied,
  self,
  alone,
) => {
  const base = recovered.base ?? applied
  const entries = recovered.entries.filter(entry => entry.index > base.index)
  // A store that is ahead of its log was installed; then the log begins anew behind it (`recovery.ts`).
  const isWhole = new RaftLog(base, entries).has(applied.index, applied.ballot)
  const start = isWhole ? base : applied
  const kept = isWhole ? entries : []
  const current = groupConfiguration(newestConfiguration(start, kept))
  const last = kept.at(-1) ?? start
  const before = recovered.promise ? decodePromise(recovered.promise) : NOTHING_PROMISED
  const ballot = (Math.max(before.ballot, last.ballot) + 1) as Ballot
  const entry: Entry = {
    index: (last.index + 1) as Index,
    ballot,
    kind: 'configuration',
    time: last.time,
    origin: NOBODY,
    proposal: 0 as ProposalId,
    data: encodeConfiguration({
      voters: [self],
      outgoing: [],
      learners: [],
      context: alone(current),
      version: current.version + 1,
    }),
  }
  const promise = { ...before, ballot, vote: NOBODY, doubt: 'none', floor: undefined } as const
  const update = { promise: encodePromise(promise), truncateFrom: entry.index, base: start, writes: [entry] }
  return { update, current }
}

function newestConfiguration(base: LogBase, entries: readonly Entry[]): Configuration {
  const history = new ConfigurationHistory(base)
  for (const entry of entries) if (entry.kind === 'configuration') history.append(entry)
  return history.current
}
