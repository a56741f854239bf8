/** The museum's collection. Each bug is put back by one call of `bug()` where the rule stands that it breaks. */
import type { BugName } from '../../core/seams.ts'
import type { Exhibit, Oracle, Source } from './exhibit.ts'

const issue = (repository: string, number: number): Source => ({
  text: `${repository} #${number}`,
  url: `https://github.com/${repository}/issues/${number}`,
})
const RAFT_URL = 'https://raft.github.io/raft.pdf'
const raft = (place: string): Source => ({ text: `Raft ${place}`, url: RAFT_URL })
const THESIS_URL = 'https://github.com/ongardie/dissertation'
const thesis = (section: string): Source => ({ text: `Raft thesis ${section}`, url: THESIS_URL })
const PAXOS: Source = {
  text: 'Paxos Made Simple',
  url: 'https://lamport.azurewebsites.net/pubs/paxos-simple.pdf',
}
const MADE_SIMPLE_3: Source = { ...PAXOS, text: 'Paxos Made Simple §3' }
const MODERATELY_COMPLEX: Source = {
  text: 'Paxos Made Moderately Complex',
  url: 'https://dl.acm.org/doi/10.1145/2673577',
}
const etcd = (number: number): Source => issue('etcd-io/etcd', number)

/** Whatever compares what was answered, or what replicas hold. */
const ANSWERS: readonly Oracle[] = ['history', 'transactions', 'programs', 'replicas']
const WATCHES: readonly Oracle[] = ['watches']
const CORES: readonly Oracle[] = ['referee', 'assertions']

export const EXHIBITS: Readonly<Record<BugName, Exhibit>> = {
  'vote-before-durable': {
    what: 'a vote is answered before it is durable, and given again after a crash',
    source: raft('§5.2'),
    ground: 'raft',
    oracles: CORES,
    scenario: 'vote-then-crash',
  },
  'vote-for-shorter-log': {
    what: 'a vote is given to a candidate whose log lacks what the voter has',
    source: raft('§5.4.1'),
    ground: 'clusters',
    oracles: [...ANSWERS, 'assertions'],
  },
  'commit-by-counting': {
    what: 'an entry of an earlier term is committed by counting replicas',
    source: raft('figure 8'),
    ground: 'raft',
    oracles: CORES,
    scenario: 'figure-8',
  },
  'append-answered-before-durable': {
    what: 'a follower acknowledges entries before its disk has them',
    source: { text: 'Jepsen, NATS 2.12.1', url: 'https://jepsen.io/analyses/nats-2.12.1' },
    ground: 'clusters',
    oracles: [...ANSWERS, 'assertions', 'liveness'],
    scenario: 'common-power-loss',
  },
  'stale-write-believed': {
    what: 'the disk acknowledges entries that were replaced since, and those that replaced them count as durable',
    source: {
      text: 'etcd-io/raft, async_storage_writes_append_aba_race.txt',
      url: 'https://github.com/etcd-io/raft/blob/main/testdata/async_storage_writes_append_aba_race.txt',
    },
    ground: 'raft',
    oracles: CORES,
  },
  'truncation-forgotten': {
    what: 'entries that were replaced are not removed from the log on disk, and come back',
    source: raft('§5.3'),
    ground: 'raft',
    oracles: CORES,
  },
  'read-before-own-commit': {
    what: 'a fresh leader serves reads before it has committed an entry of its own term',
    source: thesis('§6.4'),
    ground: 'clusters',
    oracles: ANSWERS,
    scenario: 'fresh-leader-read',
  },
  'read-without-quorum': {
    what: 'a leader serves reads without asking whether it leads still, as with a lease that outlives a pause',
    source: etcd(20418),
    ground: 'raft',
    oracles: CORES,
    scenario: 'paused-leader-read',
  },
  'read-id-reused': {
    what: 'the id of a request for a read is used again, and a late answer to the first is taken for one to the second',
    source: etcd(20418),
    ground: 'clusters',
    oracles: ANSWERS,
    scenario: 'read-after-retry',
  },
  'read-before-apply': {
    what: 'a read is served before the state covers the index that the leader named',
    source: thesis('§6.4'),
    ground: 'clusters',
    oracles: ANSWERS,
  },
  'answered-before-sync-alone': {
    what: 'a group of one acknowledges an entry before its only disk has it',
    source: etcd(14370),
    ground: 'clusters',
    oracles: ANSWERS,
    scenario: 'single-member-power-loss',
  },
  'unknown-tried-again': {
    what: 'a request whose outcome is unknown is tried again, and executed twice',
    source: thesis('§6.3'),
    ground: 'clusters',
    oracles: ANSWERS,
    scenario: 'retried-request',
  },
  'forward-taken-twice': {
    what: 'a leader appends what a follower forwarded as often as the network delivers it',
    source: thesis('§6.3'),
    ground: 'raft',
    oracles: CORES,
  },
  'applied-index-apart': {
    what: 'the applied index is not saved together with the applied state',
    source: etcd(13766),
    ground: 'clusters',
    oracles: ANSWERS,
  },
  'checkpoint-ahead': {
    what: 'the log forgets what was applied, rather than what the checkpoint holds',
    source: raft('§7'),
    ground: 'clusters',
    oracles: ['replicas', 'halts', 'liveness'],
  },
  'snapshot-over-newer': {
    what: 'entries are applied while a snapshot is installed that is older',
    source: etcd(18055),
    ground: 'raft',
    oracles: CORES,
  },
  'one-server-changes-overlap': {
    what: 'members change one at a time without joint consensus, before the leader has committed in its term',
    source: {
      text: 'Ongaro, raft-dev 2015',
      url: 'https://groups.google.com/g/raft-dev/c/t4xj6dJTP6E',
    },
    ground: 'raftMembers',
    oracles: CORES,
  },
  'no-pre-vote': {
    what: 'a node that was cut off comes back with a high term, and deposes a leader that serves everybody else',
    source: thesis('§9.6'),
    ground: 'clusters',
    oracles: ['liveness'],
    scenario: 'isolated-member-returns',
  },
  'disloyal-voters': {
    what: 'who hears a leader helps to depose it, so that a partial partition makes elections loop',
    source: {
      text: 'Cloudflare, 2020; TigerBeetle, 2023',
      url: 'https://blog.cloudflare.com/a-byzantine-failure-in-the-real-world/',
    },
    ground: 'clusters',
    oracles: ['liveness'],
    scenario: 'partial-partition',
  },
  'deaf-leader': {
    what: 'a leader that nobody answers goes on, and keeps the others from electing one that would be heard',
    source: thesis('§6.2'),
    ground: 'raft',
    oracles: CORES,
    scenario: 'minority-leader',
  },
  'rot-truncated': {
    what: 'a log with rot in its middle is cut off there, and its node votes',
    source: {
      text: "Protocol-Aware Recovery, FAST'18",
      url: 'https://www.usenix.org/conference/fast18/presentation/alagappan',
    },
    ground: 'clusters',
    oracles: [...ANSWERS, 'assertions', 'halts'],
    scenario: 'rot-in-the-middle-of-the-log',
  },
  'torn-tail-refused': {
    what: 'the torn end of a log is taken for rot, and the node does not start',
    source: {
      text: "Protocol-Aware Recovery, FAST'18",
      url: 'https://www.usenix.org/conference/fast18/presentation/alagappan',
    },
    ground: 'clusters',
    oracles: ['replicas', 'halts', 'liveness'],
    scenario: 'torn-tail',
  },
  'failed-write-believed': {
    what: 'a write or a sync of the log that failed counts as done',
    source: {
      text: "fsyncgate; ATC'20",
      url: 'https://www.usenix.org/conference/atc20/presentation/rebello',
    },
    ground: 'clusters',
    oracles: [...ANSWERS, 'assertions', 'halts'],
    scenario: 'failed-sync',
  },
  'rename-not-synced': {
    what: 'the store removes old tables before the new name of its manifest is durable',
    source: {
      text: "ALICE, OSDI'14",
      url: 'https://www.usenix.org/conference/osdi14/technical-sessions/presentation/pillai',
    },
    ground: 'clusters',
    oracles: ['halts', 'liveness'],
  },
  'paxos-promise-forgotten': {
    what: 'an acceptor forgets its promise in a crash',
    source: PAXOS,
    ground: 'synod',
    oracles: CORES,
  },
  'paxos-own-value': {
    what: 'a proposer proposes its own value though a promise carried an accepted one',
    source: PAXOS,
    ground: 'synod',
    oracles: CORES,
  },
  'paxos-promise-before-durable': {
    what: 'a promise for all slots is given before it is durable, and forgotten in a crash',
    source: MADE_SIMPLE_3,
    ground: 'paxos',
    oracles: CORES,
    scenario: 'promise-then-crash',
  },
  'paxos-accepted-before-durable': {
    what: 'an acceptance is said before it is durable, and forgotten in a crash',
    source: MADE_SIMPLE_3,
    ground: 'paxos',
    oracles: CORES,
    scenario: 'common-power-loss',
  },
  'paxos-last-told': {
    what: 'of what several promises carry for a slot, the last to arrive binds the proposer, not the highest',
    source: PAXOS,
    ground: 'paxos',
    oracles: CORES,
    scenario: 'two-values-of-a-slot',
  },
  'paxos-chosen-whatever-ballot': {
    what: 'a learner takes what it accepted for what was chosen, though that was proposed in another ballot',
    source: MODERATELY_COMPLEX,
    ground: 'paxos',
    oracles: CORES,
  },
  'paxos-gaps-skipped': {
    what: 'gaps are skipped after a change of the leader',
    source: MODERATELY_COMPLEX,
    ground: 'paxos',
    oracles: CORES,
  },
  'paxos-read-before-recovery': {
    what: 'a new leader answers reads before it knows what was chosen in the slots that were open',
    source: thesis('§6.4'),
    ground: 'paxos',
    oracles: CORES,
    scenario: 'fresh-leader-read',
  },
  'paxos-alpha-ignored': {
    what: 'a new membership votes at once, in slots that are open already',
    source: MADE_SIMPLE_3,
    ground: 'paxosMembers',
    oracles: CORES,
  },
  'lease-expiry-believed': {
    what: 'leases end because somebody who led took them for over, though they were renewed since',
    source: etcd(15247),
    ground: 'clusters',
    // The log, carried out as it should be, has no such ends: whoever watches hears of changes that never came about.
    oracles: ['leases', ...WATCHES],
  },
  'lease-keys-survive': {
    what: 'a lease ends, and the keys that go with it stay',
    source: { text: 'etcd API guarantees, leases' },
    ground: 'clusters',
    oracles: ['leases', ...ANSWERS],
  },
  'lease-renewal-not-replicated': {
    what: 'a keep-alive is acknowledged by a member that told nobody of it',
    source: etcd(9888),
    ground: 'clusters',
    oracles: ['leases'],
  },
  'lock-guard-left-out': {
    what: 'who holds a lock writes without comparing its token, after it stood still for longer than its lease lasts',
    source: etcd(10811),
    ground: 'clusters',
    oracles: ['fencing'],
  },
  'watch-lost-when-slow': {
    what: 'a watcher that fell behind goes on behind what it was not told',
    source: etcd(17529),
    ground: 'clusters',
    oracles: WATCHES,
  },
  'watch-revision-torn': {
    what: 'events of one revision come in two responses when a watcher catches up',
    source: {
      text: 'etcd, API guarantees: atomic',
      url: 'https://etcd.io/docs/v3.5/learning/api_guarantees/',
    },
    ground: 'clusters',
    oracles: WATCHES,
  },
  'watch-back-after-snapshot': {
    what: 'a watch goes back in time after a snapshot was installed',
    source: etcd(15271),
    ground: 'clusters',
    oracles: WATCHES,
  },
  'watch-progress-overtakes': {
    what: 'a progress notification overtakes the events before it',
    source: etcd(15220),
    ground: 'clusters',
    oracles: WATCHES,
  },
  'watch-resumed-early': {
    what: 'a client that watches goes on at the last revision that it was told, and not behind it',
    source: {
      text: 'etcd, API guarantees: unique',
      url: 'https://etcd.io/docs/v3.5/learning/api_guarantees/',
    },
    ground: 'clusters',
    oracles: WATCHES,
    scenario: 'watch-over-failures',
  },
  'compacted-tombstone-gone': {
    what: 'compaction removes a deletion at the compacted revision, and a watch from there misses it',
    source: etcd(18089),
    ground: 'clusters',
    oracles: [...WATCHES, ...ANSWERS, 'assertions'],
    scenario: 'watch-from-compaction',
  },
  'alarm-never-lifted': {
    what: 'the alarm of a full store stays on when there is room again, and nothing can be put any more',
    source: etcd(9992),
    ground: 'clusters',
    oracles: ['liveness'],
    scenario: 'quota-and-room-again',
  },
  'command-before-all-know-it': {
    what: 'during a rolling update a command is logged that older members do not know yet, and pass over',
    source: {
      text: 'Understanding and Detecting Software Upgrade Failures, SOSP 2021',
      url: 'https://dl.acm.org/doi/10.1145/3477132.3483577',
    },
    ground: 'clusters',
    oracles: ['replicas', ...ANSWERS, 'liveness'],
  },
  'revoked-permission-heeded': {
    what: 'a command that was allowed when it was proposed is applied after the permission was taken away',
    source: {
      text: 'etcd, auth design: the revision of permissions',
      url: 'https://etcd.io/docs/v3.5/learning/design-auth-v3/',
    },
    ground: 'clusters',
    oracles: ['rights'],
  },
}

/** Bugs of the field that have nothing to break yet. */
export interface Awaited {
  readonly what: string
  readonly source: Source
  readonly comesWith: string
}

export const AWAITED: readonly Awaited[] = [
  {
    what: 'a read is served under a lease after a pause longer than the lease',
    source: etcd(20418),
    comesWith: 'leases of leaders; until then `read-without-quorum` is the nearest',
  },
]
