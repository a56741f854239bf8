/** Reads that must not be older than what was acknowledged before they were asked for. */
import type { Scenario } from '../scenario.ts'

export const freshLeaderRead: Scenario = {
  name: 'fresh-leader-read',
  sentence: 'a leader serves no read before it has committed something in its own term',
  source: 'Raft thesis §6.4',
  async play(cluster) {
    const old = await cluster.elects()
    const [heir, slow] = cluster.others(old)
    const client = cluster.client(old)
    await client.put('key', 'old')
    await cluster.converges()
    // The heir has the new value, and never hears that it is decided.
    cluster.link(old, slow!).cut()
    const index = old.lastIndex + 1
    const written = client.put('key', 'new')
    await cluster.until('two have the new value', () => heir!.lastIndex >= index)
    cluster.link(old, heir!).cutOneWay()
    await written
    old.kill()
    // Whom it leads answers at once that it leads, and only later that an entry is on its disk.
    const fresh = await cluster.elects(heir!, slow!)
    slow!.disk.slowDown(2_000)
    await cluster.client(fresh).get('key')
    slow!.disk.slowDown(0)
    cluster.heal()
    old.start()
    await cluster.converges()
  },
}

export const pausedLeaderRead: Scenario = {
  name: 'paused-leader-read',
  sentence: 'a leader that slept through its own succession serves no read',
  source: 'etcd #20418',
  async play(cluster) {
    const old = await cluster.elects()
    const others = cluster.others(old)
    const client = cluster.client(old)
    await client.put('key', 'old')
    // By its own clock it has slept for a moment.
    old.clock.goes(1, { in: 50 })
    old.isolate()
    old.pause()
    await cluster.elects(...others)
    await cluster.client(...others).put('key', 'new')
    old.resume()
    await client.tryGet('key')
    old.clock.goes(1, { in: 1 })
    cluster.heal()
    await cluster.converges()
    await client.get('key')
  },
}

export const readAfterRetry: Scenario = {
  name: 'read-after-retry',
  sentence: 'what was answered to a read that nobody waits for any more is no answer to the next one',
  source: 'etcd #20418',
  async play(cluster) {
    const leader = await cluster.elects()
    const [reader] = cluster.others(leader)
    await cluster.client(leader).put('key', 'old')
    await cluster.converges()
    cluster.link(leader, reader!).clogOneWay(1_250)
    const given = cluster.client(reader!).hasty(900).tryGet('key')
    await cluster.client(leader).put('key', 'new')
    await given
    await cluster.after(250)
    const next = cluster.client(reader!).tryGet('key')
    await cluster.after(500)
    cluster.heal()
    await next
    await cluster.converges()
  },
}
