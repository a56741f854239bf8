/** What a promise is worth, and which of several accepted values binds: what Multi-Paxos lives by. */
import type { Scenario } from '../scenario.ts'

export const promiseThenCrash: Scenario = {
  name: 'promise-then-crash',
  sentence:
    'a promise outlives the crash of the one that gave it: nothing of a lower ballot is accepted behind it',
  source: 'Paxos Made Simple §2.2',
  // So long a leader goes on that hears nobody: two of them do, beside each other.
  setting: { config: { electionTimeoutMs: 5_000 } },
  async play(cluster) {
    const former = await cluster.elects()
    const others = cluster.others(former)
    await cluster.client().put('key', 'everybody has it')
    await cluster.rests()

    // Another one is promised enough, by one whose disk has yet to hear of it.
    for (const other of others) {
      cluster.link(former, other).reset()
      other.disk.slowDown(300)
    }
    former.isolate()
    const next = await cluster.elects(...others)
    const [promiser] = cluster.others(former, next)
    promiser!.losePower()
    cluster.link(next, promiser!).cut()
    for (const other of others) other.disk.slowDown(0)

    // That one comes back, and hears of the former leader's ballot only.
    cluster.link(former, promiser!).heal()
    promiser!.start()
    await cluster.client(former).put('key', 'of the former leader')

    cluster.link(former, promiser!).cut()
    cluster.link(next, promiser!).heal()
    await cluster.client(next, promiser!).put('key', 'of the next leader')
    cluster.heal()
    await cluster.converges()
  },
}

export const twoValuesOfASlot: Scenario = {
  name: 'two-values-of-a-slot',
  sentence:
    'of two values that were accepted in a slot the one of the higher ballot stays, whoever tells of it first',
  source: 'Paxos Made Simple §2.2, P2c',
  async play(cluster) {
    const former = await cluster.elects()
    await cluster.client().put('key', 'everybody has it')
    await cluster.rests()

    // One value is accepted by the one that proposed it, alone.
    former.isolate()
    const before = former.lastIndex
    void cluster.client(former).tryPut('key', 'of the former leader')
    await cluster.until(`${former.name} has accepted it`, () => former.lastIndex > before)

    // Another one is chosen; only who forgets that at once was told so.
    const next = await cluster.elects(...cluster.others(former))
    const [third] = cluster.others(former, next)
    await cluster.client(next).put('key', 'of the next leader')
    cluster.losePower(next, third!)

    // The two that have accepted different values are a majority.
    next.start()
    cluster.heal()
    await cluster.elects(former, next)
    await cluster.client(former, next).get('key')
    third!.start()
    await cluster.converges()
  },
}
