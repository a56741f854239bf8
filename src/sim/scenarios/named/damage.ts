/** Disks that lose or change what they were told to hold, of a minority; and disks without room. */
import type { Scenario } from '../scenario.ts'

export const rotInTheMiddleOfTheLog: Scenario = {
  name: 'rot-in-the-middle-of-the-log',
  sentence:
    'whoever finds rot in its log elects no leader that lacks what it has forgotten, and gets it back',
  source: 'Protocol-Aware Recovery, FAST 2018',
  // All there is stands in the log.
  setting: { config: { snapshotEntries: 10_000 } },
  async play(cluster) {
    const [a, b, c] = cluster.nodes
    const client = cluster.client()
    await client.put('key', 'before')
    await cluster.converges()
    c!.losePower()
    await client.putMany(10)
    await client.put('key', 'acknowledged')
    cluster.losePower(a!, b!)
    b!.disk.rot({ log: 0 })
    cluster.start(b!, c!)
    await cluster.after(20_000)
    a!.start()
    await client.get('key')
    await cluster.converges()
  },
}

export const lostLog: Scenario = {
  name: 'lost-log',
  sentence: 'whoever has lost its log elects no leader that lacks what it has forgotten, and gets it back',
  source: 'FAST 2018',
  async play(cluster) {
    const [a, b, c] = cluster.nodes
    const client = cluster.client()
    await client.put('key', 'before')
    await cluster.converges()
    c!.losePower()
    await client.put('key', 'acknowledged')
    cluster.losePower(a!, b!)
    b!.disk.loseFiles('log')
    cluster.start(b!, c!)
    // With the vote of the second, the third would lead without the write, and the first would have to forget it.
    await cluster.after(20_000)
    a!.start()
    await client.get('key')
    await cluster.converges()
  },
}

export const emptyDisk: Scenario = {
  name: 'empty-disk',
  sentence: 'whoever comes back with an empty disk does not vote as if it had never promised anything',
  source: 'Viewstamped Replication Revisited, 2012; FAST 2018',
  async play(cluster) {
    const [a, b, c] = cluster.nodes
    const client = cluster.client()
    await client.put('key', 'before')
    await cluster.converges()
    c!.losePower()
    await client.put('key', 'acknowledged')
    a!.losePower()
    b!.disk.lose()
    cluster.start(b!, c!)
    // What was acknowledged stands on the disk of the first alone.
    await cluster.after(20_000)
    a!.start()
    await client.get('key')
    await cluster.converges()
  },
}

export const rottenTable: Scenario = {
  name: 'rotten-table',
  sentence: 'a rotten block of the store is found before anybody is told what stands in it, and replaced',
  source: 'FAST 2018; FAST 2020',
  async play(cluster) {
    await cluster.client().putMany(60, 500)
    await cluster.after(2_000)
    const [, b] = cluster.nodes
    b!.disk.rot({ tables: 0 })
    const load = cluster.load()
    await b!.halts()
    b!.start()
    await load.ends()
    await cluster.converges()
  },
}

export const lostDisk: Scenario = {
  name: 'lost-disk',
  sentence: 'whoever comes back with an empty disk gets everything from the others',
  source: 'Viewstamped Replication Revisited, 2012; FAST 2018',
  async play(cluster) {
    const load = cluster.load()
    await cluster.after(4_000)
    const [, , c] = cluster.nodes
    c!.disk.lose()
    await cluster.after(1_000)
    c!.start()
    await load.ends()
    await cluster.converges()
  },
}

export const fullDisk: Scenario = {
  name: 'full-disk-and-room-again',
  sentence:
    'whoever has no room stops rather than promise more, or has all refuse; with room again it goes on',
  source: 'etcd, NOSPACE',
  async play(cluster) {
    const load = cluster.load({ requests: 200 })
    await cluster.after(2_000)
    const [, b] = cluster.nodes
    b!.disk.fill(100)
    // If a checkpoint is first to find none, its alarm keeps the log from growing: then the log never finds out.
    await cluster.after(15_000)
    b!.disk.makeRoom()
    if (!b!.isUp) b!.start()
    await load.ends()
    await cluster.client().put('key', 'there is room again')
    await cluster.converges()
  },
}

export const failedCheckpoint: Scenario = {
  name: 'failed-checkpoint',
  sentence: 'whose disk fails while it writes a table stops, and the others go on',
  source: 'Can Applications Recover from fsync Failures?, ATC 2020',
  async play(cluster) {
    const [, b] = cluster.nodes
    b!.disk.failNext('sync', 'tables')
    await cluster.client().putMany(60)
    await b!.halts('QUORATE_CHECKPOINT_FAILED')
    b!.start()
    await cluster.client().putMany(60)
    await cluster.converges()
  },
}

export const failedSync: Scenario = {
  name: 'failed-sync',
  sentence: 'whose sync has failed stops, and acknowledges nothing that it may have lost',
  source: 'Can Applications Recover from fsync Failures?, ATC 2020',
  async play(cluster) {
    const leader = await cluster.elects()
    const client = cluster.client()
    await client.put('key', '1')
    leader.disk.failNext('sync', 'log')
    await client.put('key', '2')
    await leader.halts()
    leader.start()
    await client.get('key')
    await cluster.converges()
  },
}
