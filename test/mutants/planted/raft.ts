import { type MutatedCore, mutantsOf } from '../mutant.ts'

export const RAFT: MutatedCore = {
  name: 'raft',
  folder: 'src/protocols/raft',
  tests: ['src/protocols/raft'],
  mutants: mutantsOf([
    [
      'a vote goes to a log that lacks something',
      'elections.ts',
      "if (!isAtLeast(theirs, state.log.end) && !bug('vote-for-shorter-log')) return false",
      '',
    ],
    [
      'two votes in a term',
      'elections.ts',
      'return vote === from || (vote === NOBODY && state.leader === NOBODY)',
      'return state.leader === NOBODY',
    ],
    [
      'a vote leaves before it is durable',
      'elections.ts',
      "bug('vote-before-durable') ? 'none' : 'promise'",
      "'none'",
    ],
    [
      'a vote of an earlier life counts',
      'elections.ts',
      '  if (response.incarnation !== state.promised.incarnation) return\n',
      '',
    ],
    [
      'an election without asking first',
      'elections.ts',
      "if (bug('no-pre-vote')) campaign(state, false)",
      'if (state.ballot >= 0) campaign(state, false)',
    ],
    [
      'whoever hears a leader votes for another',
      'elections.ts',
      'return state.now < state.leaderHeardAt + state.electionUs',
      'return state.now < 0',
    ],
    [
      'entries of an earlier term are committed by counting',
      'leading.ts',
      "if (state.log.ballotAt(index) !== state.ballot && !bug('commit-by-counting')) return",
      '',
    ],
    [
      'the leader counts itself before it is durable',
      'leading.ts',
      'id === state.id ? state.log.durableIndex',
      'id === state.id ? state.log.lastIndex',
    ],
    [
      'a leader that hears nobody stays',
      'leading.ts',
      "isQuorum(state.configuration, heard) || bug('deaf-leader')",
      'state.ballot > 0',
    ],
    [
      'a new leader begins with nothing',
      'leading.ts',
      "  appendOwn(state, 'noop', EMPTY, NOBODY, 0 as ProposalId)\n}",
      '}',
    ],
    [
      'entries are appended wherever they come',
      'following.ts',
      'if (!log.has(previousIndex, previousBallot)) return reject(state, from, append)',
      'if (previousIndex > log.lastIndex) return reject(state, from, append)',
    ],
    [
      'what the leader committed is committed, wherever it came to',
      'following.ts',
      'state.commitTo(Math.min(append.commit, last) as Index)',
      'state.commitTo(Math.min(append.commit, log.lastIndex) as Index)',
    ],
    [
      'the news of a commit is believed of any term',
      'following.ts',
      'if (state.log.has(commit, commitBallot)) state.commitTo(commit)',
      'if (commit <= state.log.lastIndex) state.commitTo(commit)',
    ],
    [
      'half is a majority',
      'joint-quorum.ts',
      'return Math.floor(size / 2) + 1',
      'return Math.max(1, Math.floor(size / 2))',
    ],
    [
      'the old members have no say in a change',
      'joint-quorum.ts',
      'outgoing.length === 0 ? incoming : Math.min(incoming, majorityValue(outgoing, reached))',
      'outgoing.length === 0 ? incoming : incoming',
    ],
    [
      'two changes at a time',
      'reconfiguring.ts',
      'state.leadership!.transfer || !state.isSettled',
      'state.leadership!.transfer',
    ],
    [
      'a change before the term has committed anything',
      'reconfiguring.ts',
      '(!state.leadsSurely && !isHasty) ||',
      '',
    ],
    [
      'who must catch up votes at once',
      'reconfiguring.ts',
      "if (!arePromotedInSync(state, next)) return 'behind'",
      '',
    ],
    [
      'a log with a higher index goes before a later term',
      'promise.ts',
      'a.ballot > b.ballot || (a.ballot === b.ballot && a.index >= b.index)',
      'a.index >= b.index',
    ],
  ]),
}
