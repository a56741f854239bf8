/** Entries on their way from log to log, and snapshots where there are none any more. */
import type { Scenario } from '../scenario.ts'

export const retriedRequest: Scenario = {
  name: 'retried-request',
  sentence: 'a request whose fate nobody here knows is not done a second time',
  source: 'Raft thesis §6.3',
  async play(cluster) {
    const leader = await cluster.elects()
    const [asked, heir] = cluster.others(leader)
    const client = cluster.client(asked!)
    await client.put('key', 'before')
    // The leader does what it is asked, and whoever asked it never hears of that.
    cluster.link(leader, asked!).cutOneWay()
    const outcome = client.tryPut('key', 'once')
    const index = heir!.lastIndex + 1
    await cluster.until('it is done', () => heir!.commitIndex >= index)
    leader.kill()
    await outcome
    await client.get('key')
    cluster.heal()
    leader.start()
    await cluster.converges()
  },
}

export const lateRequest: Scenario = {
  name: 'late-request',
  sentence: 'what a client gave up may be done later, behind what it asked since, and never twice',
  source: 'Protective ReRoute, SIGCOMM 2023',
  async play(cluster) {
    await cluster.elects()
    const [asked] = cluster.nodes
    const client = cluster.client(asked!)
    await client.put('key', 'before')
    // Its path goes bad, and the client has another one before what it asked comes out of the first.
    asked!.strand({ breaksInMs: 100, arrivesInMs: 3_000 })
    await client.tryPut('key', 'late')
    await client.put('key', 'since')
    await cluster.after(3_000)
    cluster.holds('what was given up was done last', (await client.get('key')) === 'late')
    await cluster.converges()
  },
}

export const staleAcknowledgements: Scenario = {
  name: 'stale-acknowledgements',
  sentence: 'a disk that has written an entry which was replaced says nothing of the one that replaced it',
  source: 'etcd-io/raft, asynchronous storage writes',
  setting: { members: 5 },
  async play(cluster) {
    const first = await cluster.elects()
    const [slow, second, third, fourth] = cluster.others(first)
    await cluster.client().put('key', 'before')
    await cluster.converges()
    // Its disk takes an entry that nobody but the leader has.
    const rest = [second!, third!, fourth!]
    slow!.disk.slowDown(400)
    cluster.partition([first, slow!], rest)
    const index = first.lastIndex + 1
    void cluster.client(first).hasty(1_000).tryPut('key', 'of the first leader')
    await cluster.until('its disk is at it', () => slow!.lastIndex >= index)
    // The next leader replaces it, while the disk is still at the old one.
    for (const node of rest) cluster.link(first, node).reset()
    const next = await cluster.elects(...rest)
    for (const node of rest) cluster.link(slow!, node).heal()
    const [helper, away] = rest.filter(node => node !== next)
    away!.isolate()
    await cluster.client(next).tryPut('key', 'of the next leader')
    // What three of five have is decided; what two have, and one believes to have, may be forgotten.
    cluster.losePower(slow!, next, helper!)
    slow!.disk.slowDown(0)
    cluster.heal()
    slow!.start()
    await cluster.client(first, slow!, away!).get('key')
    cluster.start()
    await cluster.converges()
  },
}

export const twoSnapshotsInARow: Scenario = {
  name: 'two-snapshots-in-a-row',
  sentence: 'the second of two snapshots in a row overwrites nothing newer',
  source: 'etcd #18055',
  setting: { members: 5 },
  async play(cluster) {
    const leader = await cluster.elects()
    const [behind, ...rest] = cluster.others(leader)
    const client = cluster.client(leader, ...rest)
    await client.putMany(10, 2_000)
    behind!.isolate()
    await client.putMany(60, 2_000)
    behind!.disk.slowDown(100)
    behind!.rejoin()
    await cluster.after(300)
    // While it installs what it gets, that is overtaken; and then somebody else leads.
    await client.putMany(60, 2_000)
    leader.pause()
    await cluster.elects(...rest, behind!)
    await client.putMany(60, 2_000)
    leader.resume()
    behind!.disk.slowDown(0)
    await cluster.converges()
  },
}
