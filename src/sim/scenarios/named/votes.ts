/** Who leads, and what a vote and a term are worth. */
import type { Scenario } from '../scenario.ts'

export const voteThenCrash: Scenario = {
  name: 'vote-then-crash',
  sentence: 'a vote outlives the crash of the one that gave it: there is one leader in a term',
  source: 'Raft §5.2',
  async play(cluster) {
    const [a, b, c] = cluster.nodes
    c!.isolate()
    a!.disk.slowDown(300)
    b!.disk.slowDown(300)
    const first = await cluster.elects(a!, b!)
    const voter = first === a ? b! : a!
    voter.losePower()
    const lost = cluster.client(first).tryPut('key', 'of the first leader')
    cluster.link(first, voter).cut()
    cluster.link(voter, c!).heal()
    voter.disk.slowDown(0)
    voter.start()
    await cluster.elects(voter, c!)
    await cluster.client(voter, c!).put('key', 'of the second leader')
    await lost
    cluster.heal()
    await cluster.converges()
  },
}

export const figure8: Scenario = {
  name: 'figure-8',
  sentence: 'an entry of an earlier term is not committed by counting who has it',
  source: 'Raft, figure 8',
  setting: {
    members: 5,
    config: { snapshotEntries: 10_000 },
    tuning: { logLimits: { segmentBytes: 4 * 1024 * 1024, firstSegmentBytes: 4 * 1024 * 1024 } },
  },
  async play(cluster) {
    const first = await cluster.elects()
    const [partner, third, fourth, fifth] = cluster.others(first)
    const rest = [third!, fourth!, fifth!]
    await cluster.client().put('key', 'everybody has it')
    await cluster.converges()

    // (a) The first leader has an entry on two of five. It is so large that it travels alone.
    cluster.partition([first, partner!], rest)
    const index = first.lastIndex + 1
    void cluster.client(first).tryPut('key', 'x'.repeat(1_200_000))
    await cluster.until('two have the entry', () => partner!.lastIndex >= index)
    await cluster.after(200)
    first.losePower()

    // (b) Another one leads, has an entry of its own at the same place, and dies with it.
    const rival = await cluster.elects(...rest)
    rival.isolate()
    await cluster.after(200)
    rival.losePower()

    // (c) One of the two leads again, and brings the entry to a third. It has told nobody of its own term's.
    const [kept, left] = rest.filter(node => node !== rival)
    cluster.heal()
    first.start()
    const again = await cluster.elects(first, partner!)
    cluster.link(again, left!).cut()
    await cluster.until('three have the entry', () => kept!.lastIndex >= index)
    cluster.link(again, kept!).cutOneWay()
    await cluster.after(200)
    await cluster.client(again).tryGetLocally('key')

    // (d) The rival comes back, is elected by two that never heard of that term, and replaces the entry.
    again.losePower()
    const other = again === first ? partner! : first
    other.isolate()
    rival.start()
    await cluster.elects(rival, kept!, left!)
    await cluster.client(rival, kept!, left!).put('key', 'of the rival')
    cluster.heal()
    again.start()
    await cluster.converges()
  },
}

export const isolatedMemberReturns: Scenario = {
  name: 'isolated-member-returns',
  sentence: 'whoever was alone for long comes back without deposing a leader that serves everybody else',
  source: 'Raft thesis §9.6',
  async play(cluster) {
    const leader = await cluster.elects()
    const { term } = leader
    const [away] = cluster.others(leader)
    away!.isolate()
    const load = cluster.load()
    await cluster.after(15_000)
    away!.rejoin()
    await load.ends()
    await cluster.converges()
    cluster.holds(`${leader.name} still leads`, leader.leads)
    cluster.holds('its term is the same', leader.term === term)
  },
}

export const partialPartition: Scenario = {
  name: 'partial-partition',
  sentence: 'two that do not reach each other do not depose each other through a third',
  source: 'Cloudflare 2020; OmniPaxos, EuroSys 2023',
  async play(cluster) {
    const leader = await cluster.elects()
    const { term } = leader
    const [lonely] = cluster.others(leader)
    await cluster.rests()
    // As long as nobody writes, nothing but the loyalty of the third keeps the lonely one from being elected.
    cluster.link(leader, lonely!).cut()
    await cluster.after(10_000)
    cluster.holds('the term is the same', leader.term === term)
    cluster.holds(
      `${lonely!.name} lacks nothing that would keep votes from it`,
      lonely!.lastIndex === leader.lastIndex,
    )
    const load = cluster.load()
    await load.ends()
    cluster.holds(`${leader.name} still leads`, leader.leads)
    cluster.holds('its term is the same', leader.term === term)
    cluster.heal()
    await cluster.converges()
  },
}

export const asymmetricPartition: Scenario = {
  name: 'asymmetric-partition',
  sentence: 'a leader that everybody hears and that hears nobody makes room for another, once',
  source: 'TigerBeetle, 2023',
  async play(cluster) {
    const deaf = await cluster.elects()
    const { term } = deaf
    const others = cluster.others(deaf)
    for (const other of others) cluster.link(other, deaf).cutOneWay()
    const next = await cluster.elects(...others)
    await cluster.client(...others).put('key', 'of the next leader')
    await cluster.after(20_000)
    cluster.holds(`${next.name} still leads`, next.leads)
    cluster.holds('one election was enough, or two', next.term <= term + 2)
    cluster.heal()
    await cluster.converges()
  },
}

export const minorityLeader: Scenario = {
  name: 'minority-leader',
  sentence: 'a leader that reaches no quorum steps down, and refuses what it can no longer do',
  source: 'Raft thesis §6.2',
  async play(cluster) {
    const leader = await cluster.elects()
    const client = cluster.client(leader)
    await client.put('key', 'before')
    leader.isolate()
    // Until it notices that it is alone, a write may already stand in its log.
    await cluster.after(5_000)
    cluster.holds(`${leader.name} leads no longer`, !leader.leads)
    cluster.holds('a write is refused', (await client.tryPut('key', 'after')) === 'refused')
    cluster.holds('a read is refused', (await client.tryGet('key')).outcome === 'refused')
    leader.rejoin()
    await client.get('key')
    await cluster.converges()
  },
}
