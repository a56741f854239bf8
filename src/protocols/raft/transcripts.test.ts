/**
 * Stories told step by step, kept in `testdata/` as documentation and compared word by word.
 * `UPDATE_GOLDEN=1` writes them anew; review the difference.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import type { Ballot, Index } from '../../core/ids.ts'
import { Cluster, type Effect, ELECTION_MS, type Envelope, formatEntry, node } from './testing/cluster.ts'

type Loss = (envelope: Envelope) => boolean

/** Tells what happens in a cluster, line by line. */
class Story {
  readonly cluster: Cluster
  readonly #lines: string[] = []

  constructor(title: string, cluster: Cluster) {
    this.cluster = cluster
    this.#lines.push(`# ${title}`)
    cluster.listen = line => this.#lines.push(`  ${line}`)
    const original = cluster.syncOne.bind(cluster)
    cluster.syncOne = id => {
      if (!cluster.autoSync && cluster.of(id).disk.pending.length > 0) {
        const { token } = cluster.of(id).disk.pending[0]!
        this.#lines.push(`  ${id} durable up to token ${token}`)
      }
      original(id)
    }
  }

  say(what: string): this {
    this.#lines.push('', `## ${what}`)
    return this
  }

  do(act: (cluster: Cluster) => void): this {
    const seen = new Map([...this.cluster.nodes].map(([id, { answers }]) => [id, answers.length]))
    act(this.cluster)
    for (const [id, { answers }] of this.cluster.nodes) {
      for (const effect of answers.slice(seen.get(id))) this.#tell(id, effect)
    }
    return this
  }

  settle(lost: Loss = () => false): this {
    return this.do(cluster => cluster.settle(lost))
  }

  look(): this {
    for (const id of this.cluster.nodes.keys()) {
      this.#lines.push(`${this.cluster.down.has(id) ? 'down' : '    '} ${this.cluster.describe(id)}`)
    }
    return this
  }

  matches(file: string): void {
    const path = new URL(`./testdata/${file}.txt`, import.meta.url)
    const told = `${this.#lines.join('\n')}\n`
    if (process.env['UPDATE_GOLDEN']) writeFileSync(path, told)
    expect(told).toBe(readFileSync(path, 'utf8'))
  }

  #tell(id: number, effect: Effect): void {
    if (effect.kind === 'committed') {
      this.#lines.push(`  ${id} applies ${effect.entries.map(formatEntry).join(' ')}`)
    } else if (effect.kind === 'dropped') {
      this.#lines.push(`  ${id} drops proposals ${effect.ids.join(' ')}: ${effect.outcome}`)
    } else if (effect.kind === 'installSnapshot') {
      this.#lines.push(`  ${id} fetches a snapshot at ${effect.index} or later from ${effect.from}`)
    } else if (effect.kind === 'membership') {
      this.#lines.push(`  ${id} now has members ${effect.members.join(' ')}`)
    }
  }
}

const touches =
  (id: number): Loss =>
  ({ from, to }) =>
    from === id || to === id

describe('transcripts', () => {
  test('an election', () => {
    new Story('A group of three elects its first leader (Raft §5.2, thesis §9.6)', new Cluster([1, 2, 3]))
      .look()
      .say('Node 1 has waited long enough. It asks whether it could win, and then for votes.')
      .do(cluster => cluster.expire(1))
      .settle()
      .look()
      .matches('election')
  })

  test('log replication with a conflict', () => {
    const story = new Story(
      'Entries that were never committed are replaced (Raft §5.3)',
      new Cluster([1, 2, 3]),
    )
    story
      .say('Node 1 leads, and is cut off with three proposals that reach nobody.')
      .do(cluster => cluster.elect(1))
      .do(cluster => {
        for (let i = 0; i < 3; i++) cluster.propose(1)
        cluster.take(() => true)
        cluster.crash(1)
      })
      .look()
      .say('Node 2 is elected, and node 3 commits an entry with it.')
      .do(cluster => cluster.elect(2))
      .do(cluster => cluster.propose(2))
      .settle()
      .say('It hands over to node 3, so that the next leader knows nothing about the log of node 1.')
      .do(cluster => cluster.step(2, [{ kind: 'transferLeader', to: node(3) }]))
      .settle()
      .look()
      .say('Node 1 returns. One rejection is enough to find where the logs agree.')
      .do(cluster => cluster.restart(1))
      .do(cluster => cluster.pass(250))
      .look()
      .matches('conflict')
  })

  test('figure 8', () => {
    const cluster = new Cluster([1, 2, 3, 4, 5])
    new Story('An entry of an earlier term is not committed by counting (Raft figure 8)', cluster)
      .say('(a) Node 1 leads and replicates an entry to node 2 only.')
      .do(() => cluster.elect(1))
      .do(() => cluster.propose(1))
      .settle(({ to }) => to > 2)
      .look()
      .say('(b) Node 1 crashes. Node 5 is elected by 3 and 4, and appends another entry at the same place.')
      .do(() => {
        cluster.crash(1)
        cluster.expire(5)
        cluster.settle(({ from, to, message }) => [from, to].includes(2) || message.type === 'append')
      })
      .look()
      .say(
        '(c) Node 5 crashes. Node 1 leads again, and replicates its old entry to node 3, but nothing newer.',
      )
      .do(() => {
        cluster.crash(5)
        cluster.restart(1)
        cluster.expire(1)
        cluster.settle(({ message }) => message.type === 'append')
        cluster.expire(1)
        cluster.settle(({ message }) => message.type === 'append')
      })
      .do(() => {
        const { ballot } = cluster.core(1).status()
        const old = cluster.of(1).disk.entries.get(2 as Index)!
        const commit = 1 as Index
        const [previousIndex, previousBallot] = [1 as Index, 1 as Ballot]
        const append = {
          type: 'append',
          epoch: 0,
          ballot,
          previousIndex,
          previousBallot,
          commit,
          entries: [old],
        } as const
        for (const to of [2, 3]) cluster.deliver({ from: 1, to, message: append })
        cluster.settle(({ message }) => message.type === 'append')
      })
      .look()
      .say('It is on a majority, and not committed. (d) Had node 1 died now, node 5 could still replace it.')
      .say('(e) Once an entry of the new term is on a majority, the old one is committed with it.')
      .do(() => cluster.pass(400, ({ to }) => to > 3))
      .look()
      .matches('figure-8')
  })

  test('pre-vote with a partition', () => {
    const cluster = new Cluster([1, 2, 3])
    new Story('A node that was cut off comes back and disturbs nobody (thesis §9.6)', cluster)
      .do(() => cluster.elect(1))
      .say('Node 3 is cut off for five election timeouts. It asks for pre-votes, and its term stays.')
      .do(() => {
        const { listen } = cluster
        cluster.listen = () => {}
        cluster.pass(5 * ELECTION_MS, touches(3))
        cluster.listen = listen
      })
      .look()
      .say('The partition heals.')
      .do(() => cluster.expire(3))
      .settle()
      .do(() => cluster.pass(120))
      .look()
      .matches('pre-vote')
  })

  test('a leader’s process dies', () => {
    const cluster = new Cluster([1, 2, 3])
    new Story('A broken connection starts an election at once', cluster)
      .do(() => cluster.elect(1))
      .do(() => cluster.propose(2))
      .settle(touches(1))
      .say(
        'The leader dies while a proposal of node 2 is on its way; both followers see their connections break.',
      )
      .do(() => {
        cluster.crash(1)
        for (const id of [2, 3]) cluster.step(id, [{ kind: 'linkLost', peer: node(1) }])
      })
      .look()
      .say('Within a few milliseconds there is another leader.')
      .do(() => cluster.pass(6))
      .look()
      .matches('link-lost')
  })

  test('a transfer', () => {
    const cluster = new Cluster([1, 2, 3])
    new Story('Leadership is handed over (thesis §3.10)', cluster)
      .do(() => cluster.elect(1))
      .say('Node 1 shall hand over to node 3, which lacks an entry. Meanwhile proposals are refused.')
      .do(() => {
        cluster.propose(1)
        cluster.take(({ to }) => to === 3)
        cluster.step(1, [{ kind: 'transferLeader', to: node(3) }])
        cluster.propose(1)
      })
      .settle()
      .look()
      .say('Heartbeats find out that the append was lost; then node 3 is told to campaign.')
      .do(() => cluster.pass(300))
      .look()
      .matches('transfer')
  })

  test('a joint change', () => {
    const cluster = new Cluster([1, 2, 3], { strangers: [4] })
    new Story('Voters 1 2 3 become 2 3 4, by way of both (Raft §6)', cluster)
      .do(() => cluster.elect(1))
      .say('The change begins. Everything now needs a majority of 1 2 3 and one of 2 3 4.')
      .do(() => cluster.reconfigure(1, [2, 3, 4]))
      .look()
      .say('It is committed, left, and committed again; node 1 names a successor and steps down.')
      .settle()
      .do(() => cluster.pass(250))
      .look()
      .matches('joint-change')
  })

  test('a snapshot', () => {
    const cluster = new Cluster([1, 2, 3])
    new Story('A follower that is too far behind installs a snapshot (Raft §7)', cluster)
      .do(() => cluster.elect(1))
      .say('Node 3 misses six entries, and then the leader’s log forgets them.')
      .do(() => {
        for (let i = 0; i < 6; i++) cluster.propose(1)
        const { listen } = cluster
        cluster.listen = () => {}
        cluster.settle(touches(3))
        cluster.listen = listen
        cluster.checkpoint(1)
      })
      .look()
      .say('Node 3 is back.')
      .do(() => cluster.pass(450))
      .look()
      .say('Its group has installed the leader’s state.')
      .do(() => cluster.install(3))
      .settle()
      .do(() => cluster.propose(1))
      .settle()
      .look()
      .matches('snapshot')
  })

  test('the ABA problem', () => {
    const cluster = new Cluster([1, 2, 3], { syncs: false })
    const syncAll = () => {
      for (const id of [1, 2, 3]) cluster.sync(id)
    }
    new Story('An old acknowledgement says nothing about what was written over', cluster)
      .do(() => {
        const { listen } = cluster
        cluster.listen = () => {}
        syncAll()
        cluster.expire(1)
        for (let i = 0; i < 8; i++) {
          cluster.settle()
          syncAll()
        }
        cluster.listen = listen
      })
      .look()
      .say('Node 3 receives an entry from the leader of term 1, and its disk is slow.')
      .do(() => {
        cluster.propose(1)
        cluster.settle(({ to }) => to !== 3)
      })
      .look()
      .say('Before that write is durable, the leader of term 2 replaces the entry, and says it is committed.')
      .do(() => {
        const entry = { ...cluster.of(1).history[0]!, index: 2 as Index, ballot: 2 as Ballot }
        const [previousIndex, previousBallot] = [1 as Index, 1 as Ballot]
        const rest = { ballot: 2 as Ballot, commit: 2 as Index, entries: [entry] }
        cluster.deliver({
          from: 2,
          to: 3,
          message: { type: 'append', epoch: 0, previousIndex, previousBallot, ...rest },
        })
      })
      .look()
      .say('The first write is acknowledged: entry 2 is not durable, for this was another entry 2.')
      .do(() => cluster.syncOne(3))
      .look()
      .say('The second one is.')
      .do(() => cluster.syncOne(3))
      .look()
      .matches('aba')
  })
})
