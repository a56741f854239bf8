import { expect, test } from 'vitest'
import type { ScheduledFault } from './fault.ts'
import { Stage } from './testing/stage.ts'

/** Writes until the condition holds, in steps of some writes and some time. */
async function writeUntil(stage: Stage, condition: () => boolean): Promise<void> {
  for (let i = 0; i < 200 && !condition(); i++) {
    await stage.put('v'.repeat(200))
    await stage.cluster.runFor(20)
  }
  expect(condition()).toBe(true)
}

function codes(stage: Stage): unknown[] {
  return stage.nemesis.halts.map(({ reason }) => (reason as { code?: string }).code)
}

test('a slow disk makes writes wait, until it is quick again', async () => {
  const stage = await Stage.open({ members: 1 })
  stage.schedule([
    { atMs: 0, fault: { kind: 'slowDisk', member: 'a', extraUs: 400_000 } },
    { atMs: 3_000, fault: { kind: 'slowDisk', member: 'a', extraUs: 0 } },
  ])
  expect(await stage.put()).toBeGreaterThan(400)
  expect(stage.counts.of('D11')).toBeGreaterThan(0)
  await stage.cluster.runFor(4_000)
  expect(await stage.put()).toBeLessThan(100)
})

test('a full disk stops its node in the end, until there is room, and keeps nobody from writing', async () => {
  const stage = await Stage.open()
  const [member] = stage.followers as [string]
  stage.schedule([
    { atMs: 0, fault: { kind: 'fillDisk', member, freeBytes: 1_000 } },
    { atMs: 20_000, fault: { kind: 'fillDisk', member, freeBytes: -1 } },
  ])
  await writeUntil(stage, () => stage.nemesis.halts.length > 0)
  expect(codes(stage)).toContain('QUORATE_DISK_FULL')
  expect(stage.counts.of('D6')).toBeGreaterThan(0)
  await stage.cluster.runFor(50_000)
  expect(stage.member(member).node).toBeDefined()
  expect(stage.nemesis.halts.every(({ isExplained }) => isExplained)).toBe(true)
  await stage.put()
})

test('a sync that fails stops the node, which is started again', async () => {
  const stage = await Stage.open({ fragile: ['b'] })
  await stage.unleash({ kind: 'failDisk', member: 'b', operation: 'sync', part: 'log' })
  await writeUntil(stage, () => stage.nemesis.halts.length > 0)
  expect(codes(stage)).toEqual(['QUORATE_LOG_WRITE_FAILED'])
  expect(stage.counts.of('D4')).toBe(1)
  await stage.until(() => stage.member('b').node !== undefined)
})

test('a write that fails stops the node, and may leave a part of what was written', async () => {
  const stage = await Stage.open()
  await stage.unleash({ kind: 'failDisk', member: 'b', operation: 'write', part: 'tables' })
  await writeUntil(stage, () => stage.nemesis.halts.length > 0)
  expect(codes(stage)).toEqual(['QUORATE_CHECKPOINT_FAILED'])
  expect(stage.counts.of('D5')).toBe(1)
})

test('a read that fails stops the node', async () => {
  const stage = await Stage.open()
  await stage.unleash({ kind: 'failDisk', member: 'b', operation: 'read', part: 'tables' })
  await stage.until(() => stage.nemesis.halts.length > 0)
  expect(codes(stage)).toEqual(['QUORATE_STORE_FAILED'])
})

/** The fragile member serves: it has what the others have. */
async function expectBack(stage: Stage): Promise<void> {
  const own = stage.cluster.client('client of b', ['b'])
  await stage.answered(own.put('key', 'value', { idempotent: true, timeoutMs: 20_000 }))
  const found = await stage.answered(own.get('key 7', { serializable: true }))
  expect(found).toBeDefined()
}

test('rot in a table is found by the node that reads it, and its next process has a store without', async () => {
  const stage = await Stage.open({ fragile: ['b'] })
  await stage.unleash({ kind: 'rot', member: 'b', part: 'tables', file: 0, at: 100_000 })
  expect(stage.effects).toBe(1)
  await stage.until(() => stage.nemesis.halts.length > 0)
  await stage.cluster.runFor(60_000)
  expect(codes(stage)).toEqual(['QUORATE_STORE_DAMAGED'])
  await expectBack(stage)
})

test.each([
  { kind: 'rot', at: 0 },
  { kind: 'cutFile', at: 500_000 },
] as const)('a log after $kind is begun anew', async ({ kind, at }) => {
  const stage = await Stage.open({ fragile: ['b'] })
  stage.schedule([
    { atMs: 0, fault: { kind: 'kill', member: 'b' } },
    { atMs: 0, fault: { kind, member: 'b', part: 'log', file: 0, at }, faultClass: 'D13' },
    { atMs: 10, fault: { kind: 'start', member: 'b' } },
  ])
  await stage.cluster.runFor(10_000)
  expect(stage.counts.of('D13')).toBe(1)
  expect(stage.member('b').disk.exists('data/log.2/00000001.log')).toBe(true)
  await expectBack(stage)
})

test.each(['loseWrite', 'misdirectWrite'] as const)('a table after %s is not served from', async kind => {
  const stage = await Stage.open({ fragile: ['b'] })
  await stage.unleash({ kind, member: 'b', part: 'tables' })
  await writeUntil(stage, () => stage.nemesis.halts.length > 0)
  expect(stage.nemesis.halts.map(({ member }) => member)).toEqual(['b'])
  expect(codes(stage)[0]).toMatch(/^QUORATE_(STORE_DAMAGED|STORE_FAILED|CHECKPOINT_FAILED)$/)
  expect(stage.counts.of(kind === 'loseWrite' ? 'D9' : 'D8')).toBe(1)
})

test('a read that comes from elsewhere stops the node, which comes back', async () => {
  const stage = await Stage.open({ fragile: ['b'] })
  await stage.unleash({ kind: 'misdirectRead', member: 'b', part: 'tables' })
  await stage.until(() => stage.nemesis.halts.length > 0)
  expect(codes(stage)).toEqual(['QUORATE_STORE_DAMAGED'])
  expect(stage.counts.of('D8')).toBe(1)
  await stage.until(() => stage.member('b').node !== undefined)
})

test('a member whose log lost a write is emptied before it starts, for its disk would not tell', async () => {
  const stage = await Stage.open({ fragile: ['b'] })
  stage.schedule([
    { atMs: 0, fault: { kind: 'loseWrite', member: 'b', part: 'log' } },
    { atMs: 2_000, fault: { kind: 'kill', member: 'b' } },
    { atMs: 2_010, fault: { kind: 'start', member: 'b' } },
  ])
  await stage.put()
  await stage.cluster.runFor(1_000)
  expect(stage.counts.of('D9')).toBe(1)
  const { disk } = stage.member('b')
  const tables = () => [...disk.image().keys()].filter(path => path.endsWith('.table'))
  expect(tables()).not.toEqual([])
  await stage.cluster.runFor(1_015)
  expect(tables()).toEqual([])
  await expectBack(stage)
})

test('a lost disk is empty, and its member comes back', async () => {
  const stage = await Stage.open({ fragile: ['b'] })
  stage.schedule([
    { atMs: 0, fault: { kind: 'loseDisk', member: 'b' }, faultClass: 'P5' },
    { atMs: 10_000, fault: { kind: 'start', member: 'b' } },
  ])
  await stage.cluster.runFor(9_000)
  expect(stage.member('b').disk.image().size).toBe(0)
  expect(stage.member('b').state).toBe('stopped')
  expect(stage.counts.of('P5')).toBe(1)
  await stage.cluster.runFor(10_000)
  await expectBack(stage)
})

test('the loss of power takes what was not synced, tears it, and takes names back', async () => {
  const stage = await Stage.open()
  const [member] = stage.followers as [string]
  const rounds = 10
  // While the disk takes what has just been written: the quicker a cluster, the sooner nothing is under way any more.
  const losses = Array.from({ length: rounds }, (_, i): ScheduledFault[] => [
    { atMs: i * 1_000 + 15, fault: { kind: 'losePower', member } },
    { atMs: i * 1_000 + 15, fault: { kind: 'start', member } },
  ])
  stage.schedule([{ atMs: 0, fault: { kind: 'slowDisk', member, extraUs: 20_000 } }, ...losses.flat()])
  for (let round = 0; round < rounds; round++) {
    // Many sectors, and few enough entries for the log to have them still when the member is back.
    for (let i = 0; i < 4; i++) stage.client.put(`key ${i}`, 'v'.repeat(4_000)).catch(() => {})
    await stage.cluster.runFor(1_000)
  }
  for (const id of ['D1', 'D2', 'D3', 'D12'] as const) expect(stage.counts.of(id), id).toBeGreaterThan(0)
})
