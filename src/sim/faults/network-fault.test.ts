import { expect, test } from 'vitest'
import { utf8Text } from '../../core/utf8.ts'
import { Stage } from './testing/stage.ts'

/** What arrived in each direction between two members while time passed. */
async function traffic(
  stage: Stage,
  a: string,
  b: string,
  ms = 3_000,
): Promise<{ there: number; back: number }> {
  const since = stage.lines.length
  await stage.cluster.runFor(ms)
  return { there: stage.events('data', a, b, since), back: stage.events('data', b, a, since) }
}

test('a cut stops one direction until it is healed', async () => {
  const stage = await Stage.open()
  const { leader } = stage
  const [follower] = stage.followers as [string]
  stage.schedule([
    { atMs: 0, fault: { kind: 'cut', from: leader, to: follower } },
    { atMs: 3_000, fault: { kind: 'heal', from: leader, to: follower } },
  ])
  const cut = await traffic(stage, leader, follower, 2_900)
  expect(cut.there).toBe(0)
  expect(cut.back).toBeGreaterThan(0)
  await stage.cluster.runFor(4_000)
  expect((await traffic(stage, leader, follower)).there).toBeGreaterThan(0)
})

test('a partition stops both directions between groups, and none within; join ends it', async () => {
  const stage = await Stage.open()
  const { leader } = stage
  const [x, y] = stage.followers as [string, string]
  const groups = [[leader], [x, y]]
  stage.schedule([
    { atMs: 0, fault: { kind: 'partition', groups } },
    { atMs: 6_000, fault: { kind: 'join', groups } },
  ])
  expect(await traffic(stage, leader, x, 5_500)).toEqual({ there: 0, back: 0 })
  expect((await traffic(stage, x, y, 400)).there).toBeGreaterThan(0)
  expect(stage.cluster.leaders).toHaveLength(1)
  expect(stage.leader).not.toBe(leader)
  await stage.cluster.runFor(5_000)
  const healed = await traffic(stage, leader, stage.leader)
  expect(healed.there * healed.back).toBeGreaterThan(0)
})

test('a partition in one direction lets the other pass', async () => {
  const stage = await Stage.open()
  const { leader } = stage
  const [x, y] = stage.followers as [string, string]
  await stage.unleash({ kind: 'partition', groups: [[leader], [x, y]], isOneWay: true })
  const since = stage.lines.length
  await stage.cluster.runFor(3_000)
  expect(stage.events('data', leader, x, since) + stage.events('data', leader, y, since)).toBe(0)
  expect(stage.events('data', x, leader, since)).toBeGreaterThan(0)
})

test('who is in no group of a partition is alone', async () => {
  const stage = await Stage.open()
  await stage.unleash({ kind: 'partition', groups: [['a', 'b']] })
  expect(await traffic(stage, 'a', 'c')).toEqual({ there: 0, back: 0 })
  expect(await traffic(stage, 'b', 'c')).toEqual({ there: 0, back: 0 })
  expect((await traffic(stage, 'a', 'b')).there).toBeGreaterThan(0)
})

test('healAll takes every cut, clog and narrow away', async () => {
  const stage = await Stage.open()
  const { leader } = stage
  const [x, y] = stage.followers as [string, string]
  stage.schedule([
    { atMs: 0, fault: { kind: 'cut', from: leader, to: x } },
    { atMs: 0, fault: { kind: 'clog', from: leader, to: y, delayUs: 5_000_000 } },
    { atMs: 0, fault: { kind: 'narrow', from: x, to: y, packets: 1 } },
    { atMs: 1_000, fault: { kind: 'healAll' } },
  ])
  await stage.cluster.runFor(5_000)
  const since = stage.lines.length
  await stage.put()
  await stage.cluster.runFor(1_000)
  for (const name of stage.followers)
    expect(stage.events('data', stage.leader, name, since)).toBeGreaterThan(0)
})

test('a clog delays what is sent, until it is gone', async () => {
  const stage = await Stage.open({ members: 3 })
  const { leader } = stage
  const clogs = stage.followers.flatMap(to => [
    { atMs: 0, fault: { kind: 'clog', from: leader, to, delayUs: 300_000 } as const },
    { atMs: 2_000, fault: { kind: 'clog', from: leader, to, delayUs: 0 } as const },
  ])
  stage.schedule(clogs)
  expect(await stage.put()).toBeGreaterThan(300)
  await stage.cluster.runFor(3_000)
  expect(await stage.put()).toBeLessThan(100)
})

test('a narrow path drops what is too much, and lets it through later', async () => {
  const stage = await Stage.open()
  const { leader } = stage
  const [to] = stage.followers as [string]
  stage.cluster.world.network.links.setQuality({ delay: { minimumUs: 20_000, meanUs: 0 }, bytesPerMs: 0 })
  await stage.unleash({ kind: 'narrow', from: leader, to, packets: 2 })
  const requests = Array.from({ length: 200 }, (_, i) =>
    stage.client.put(`key ${i}`, 'v', { idempotent: true }),
  )
  await stage.answered(Promise.all(requests))
  await stage.cluster.runFor(2_000)
  expect(stage.events('crowded', leader, to)).toBeGreaterThan(0)
  expect(stage.counts.of('N6')).toBe(stage.lines.filter(line => line.includes(' crowded ')).length)
  expect(stage.events('data', leader, to)).toBeGreaterThan(0)
})

test('a reset breaks the connections of two members, who connect again', async () => {
  const stage = await Stage.open()
  const since = stage.lines.length
  await stage.unleash({ kind: 'reset', a: 'a', b: 'b' })
  await stage.cluster.runFor(3_000)
  expect(stage.effects).toBe(1)
  const both = (kind: string): number =>
    stage.events(kind, 'a', 'b', since) + stage.events(kind, 'b', 'a', since)
  expect(both('reset')).toBeGreaterThan(0)
  expect(both('open')).toBeGreaterThan(0)
})

test('a hushed connection swallows everything, and nobody is told', async () => {
  const stage = await Stage.open()
  const { leader } = stage
  const [follower] = stage.followers as [string]
  const since = stage.lines.length
  await stage.unleash({ kind: 'hush', a: leader, b: follower })
  expect(stage.effects).toBe(1)
  expect(await traffic(stage, leader, follower, 500)).toEqual({ there: 0, back: 0 })
  expect(stage.events('lost', leader, follower, since)).toBeGreaterThan(0)
  expect(stage.events('reset', leader, follower, since)).toBe(0)
})

test('a request over a stranded connection is done once its client has given it up and asked for more', async () => {
  const stage = await Stage.open({ members: 1 })
  await stage.unleash({ kind: 'strand', to: 'a', breaksUs: 100_000, arrivesUs: 2_000_000 })
  expect(stage.effects).toBe(1)
  const given = stage.client.put('key', 'late')
  await expect(stage.answered(given)).rejects.toMatchObject({ outcome: 'unknown' })
  await stage.put('since')
  expect(stage.counts.of('N3')).toBe(0)
  await stage.cluster.runFor(2_000)
  expect(stage.counts.of('N3')).toBeGreaterThan(0)
  const values: string[] = []
  await stage.answered(stage.client.get('key').then(found => values.push(utf8Text(found!.value))))
  expect(values).toEqual(['late'])
})

test('nodes dial each other anew while what they sent before is still on its way', async () => {
  const stage = await Stage.open()
  const { leader } = stage
  const [follower] = stage.followers as [string]
  const since = stage.lines.length
  await stage.unleash({ kind: 'strand', to: follower, breaksUs: 200_000, arrivesUs: 5_000_000 })
  expect((await traffic(stage, leader, follower, 200)).there).toBe(0)
  expect((await traffic(stage, leader, follower, 1_000)).there).toBeGreaterThan(0)
  expect(stage.events('open', leader, follower, since)).toBeGreaterThan(0)
  expect(stage.leader).toBe(leader)
})

test('links become as slow and as lossy as they are told, and chance is counted', async () => {
  const stage = await Stage.open()
  await stage.unleash({
    kind: 'links',
    quality: { delay: { minimumUs: 30_000, meanUs: 50_000 }, bytesPerMs: 0 },
    faults: {
      lossPerMillion: 100_000,
      corruptPerMillion: 10_000,
      resetPerMillion: 10_000,
      splitPerMillion: 0,
    },
  })
  for (let i = 0; i < 10; i++) await stage.put()
  await stage.cluster.runFor(30_000)
  for (const id of ['N1', 'N2', 'N4', 'N10', 'N11'] as const)
    expect(stage.counts.of(id), id).toBeGreaterThan(0)
})
