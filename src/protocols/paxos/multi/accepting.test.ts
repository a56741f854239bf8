/** What an acceptor says, and when. */
import { expect, test } from 'vitest'
import { Cluster, led, touches } from './testing/cluster.ts'

const statusOf = (cluster: Cluster, id: number) => cluster.of(id).core.status()

test('an acceptor says that it has accepted when that is durable, and not before', () => {
  const cluster = led()
  cluster.syncs = false
  cluster.propose(1, 'a')
  const [accept] = cluster.take(({ to, message }) => to === 2 && message.type === 'accept')
  cluster.deliver(accept!)
  const isSaid = () => cluster.messages.some(({ from, message }) => from === 2 && message.type === 'accepted')
  expect(isSaid()).toBe(false)
  cluster.sync(2)
  expect(isSaid()).toBe(true)
})

/** Node 2 has promised node 3 more than what `first` asks it for. */
function outbid(cluster: Cluster, first: 'accept' | 'prepare'): readonly string[] {
  const [late] = cluster.take(({ from, to, message }) => from === 1 && to === 2 && message.type === first)
  cluster.elect(3, touches(1))
  expect(statusOf(cluster, 3).role).toBe('leader')
  cluster.messages.length = 0
  cluster.deliver(late!)
  return cluster.messages.map(({ to, message }) => `${to} ${message.type}`)
}

test('it accepts nothing of a lower ballot than the one that it has promised', () => {
  const cluster = led()
  cluster.propose(1, 'late')
  expect(outbid(cluster, 'accept')).toEqual(['1 rejected'])
  expect(statusOf(cluster, 2)).toMatchObject({ ballot: statusOf(cluster, 3).ballot, lastIndex: 0 })
})

test('it promises no lower ballot than the one that it has promised', () => {
  const cluster = new Cluster([1, 2, 3])
  cluster.now += 2_000_000
  cluster.expire(1)
  for (const type of ['canvass', 'canvassed'])
    for (const envelope of cluster.take(({ message }) => message.type === type)) cluster.deliver(envelope)
  expect(outbid(cluster, 'prepare')).toEqual(['1 rejected'])
})
