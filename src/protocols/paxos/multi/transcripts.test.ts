/**
 * Stories told step by step, kept in `testdata/` as documentation and compared word by word.
 * `UPDATE_GOLDEN=1` writes them anew; review the difference.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { Cluster, touches } from './testing/cluster.ts'

function matches(cluster: Cluster, title: string, file: string): void {
  const path = new URL(`./testdata/${file}.txt`, import.meta.url)
  const told = `${[`# ${title}`, ...cluster.told].join('\n')}\n`
  if (process.env['UPDATE_GOLDEN']) writeFileSync(path, told)
  expect(told).toBe(readFileSync(path, 'utf8'))
}

describe('a transcript tells', () => {
  test('how a leader is found and gets values chosen', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.look()
    cluster.say(
      'Node 1 has waited long enough. It asks who would promise, and then for promises: phase 1, for all slots.',
    )
    cluster.elect(1)
    cluster.say('From now on phase 2 alone: two values at once, in slots 1 and 2.')
    cluster.propose(1, 'x')
    cluster.propose(1, 'y')
    cluster.settle()
    cluster.look()
    matches(cluster, 'A group of three finds its first leader, who skips phase 1 from then on', 'leader')
  })

  test('how a new leader recovers values and fills a gap', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.told.length = 0
    cluster.say(
      'Node 1 proposes in slots 1, 2 and 3. Only node 2 hears it, and not of slot 2; its answers are lost.',
    )
    for (const value of ['x', 'y', 'z']) cluster.propose(1, value)
    cluster.take(({ message }) => message.type === 'accept' && message.entries[0]?.index === 2)
    cluster.settle(envelope => touches(3)(envelope) || envelope.message.type === 'accepted')
    cluster.crash(1)
    cluster.look()
    cluster.say('Node 1 dies. Node 3 learns in phase 1 what binds it, and nothing does in slot 2.')
    cluster.elect(3)
    cluster.look()
    matches(cluster, 'Values are recovered and a gap is filled ("Paxos Made Simple" §3)', 'gap')
  })

  test('how the membership changes alpha slots later', () => {
    const cluster = new Cluster([1, 2, 3], { alpha: 3 })
    cluster.elect(1)
    cluster.told.length = 0
    cluster.say(
      'Node 4 is to vote instead of node 3: chosen in slot 1, in force from slot 4 on. No-ops go before.',
    )
    cluster.reconfigure(1, [1, 2, 4])
    cluster.settle()
    cluster.expire(1)
    cluster.settle()
    cluster.look()
    matches(cluster, 'A membership that is chosen in slot i votes from slot i + alpha on', 'membership')
  })

  test('how a member that forgot takes part again', () => {
    const cluster = new Cluster([1, 2, 3])
    cluster.elect(1)
    cluster.propose(1, 'x')
    cluster.settle(envelope => touches(3)(envelope) || envelope.message.type === 'chosen')
    cluster.told.length = 0
    cluster.look()
    cluster.say(
      'Node 2 loses its disk. It asks the others twice: how far they are, and behind a fence, what they accepted.',
    )
    cluster.of(2).disk.lose('lost')
    cluster.of(2).applied = { ...cluster.of(2).applied, index: 0 as never }
    cluster.of(2).history.length = 0
    cluster.restart(2)
    cluster.settle()
    cluster.look()
    matches(cluster, 'A member that lost its disk runs phase 1 for itself', 'forgotten')
  })
})
