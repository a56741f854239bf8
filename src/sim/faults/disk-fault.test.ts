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

test('a full disk stops its node, which comes back when there is room', async () => {
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

test('rot is found by the node that reads it, and by its next processes, until nobody starts it any more', async () => {
  const stage = await Stage.open({ fragile: ['b'] })
  await stage.unleash({ kind: 'rot', member: 'b', part: 'tables', file: 0, at: 100_000 })
  expect(stage.effects).toBe(1)
  await stage.until(() => stage.nemesis.halts.length > 0)
  await stage.cluster.runFor(60_000)
  expect(new Set(codes(stage))).toEqual(new Set(['QUORATE_STORE_DAMAGED']))
  expect(stage.member('b').state).toBe('halted')
  expect(stage.nemesis.lost).toEqual(['b'])
  await stage.put()
})

test('a log with rot in its middle is refused', async () => {
  const stage = await Stage.open({ fragile: ['b'] })
  stage.schedule([
    { atMs: 0, fault: { kind: 'kill', member: 'b' } },
    { atMs: 0, fault: { kind: 'rot', member: 'b', part: 'log', file: 0, at: 0 } },
    { atMs: 10, fault: { kind: 'start', member: 'b' } },
  ])
  await stage.until(() => stage.nemesis.halts.length > 0)
  expect(codes(stage)).toEqual(['QUORATE_LOG_DAMAGED'])
})

test('a log that is cut off is refused', async () => {
  const stage = await Stage.open({ fragile: ['b'] })
  stage.schedule([
    { atMs: 0, fault: { kind: 'kill', member: 'b' } },
    {
      atMs: 0,
      fault: { kind: 'cutFile', member: 'b', part: 'log', file: 0, at: 500_000 },
      faultClass: 'D13',
    },
    { atMs: 10, fault: { kind: 'start', member: 'b' } },
  ])
  await stage.until(() => stage.nemesis.halts.length > 0)
  expect(codes(stage)).toEqual(['QUORATE_LOG_DAMAGED'])
  expect(stage.counts.of('D13')).toBe(1)
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
  const stage = await Stage.open()
  await stage.unleash({ kind: 'misdirectRead', member: 'b', part: 'tables' })
  await stage.until(() => stage.nemesis.halts.length > 0)
  expect(codes(stage)).toEqual(['QUORATE_STORE_DAMAGED'])
  expect(stage.counts.of('D8')).toBe(1)
  await stage.until(() => stage.member('b').node !== undefined)
})

test('a member whose log lost a write is not started again, for its disk would not tell', async () => {
  const stage = await Stage.open({ fragile: ['b'] })
  stage.schedule([{ atMs: 0, fault: { kind: 'loseWrite', member: 'b', part: 'log' } }])
  await stage.put()
  await stage.cluster.runFor(1_000)
  expect(stage.counts.of('D9')).toBe(1)
  stage.member('b').kill()
  expect(stage.nemesis.lost).toEqual(['b'])
})

test('a lost disk is empty, and its member stays away', async () => {
  const stage = await Stage.open({ fragile: ['b'] })
  stage.schedule([
    { atMs: 0, fault: { kind: 'loseDisk', member: 'b' }, faultClass: 'P5' },
    { atMs: 10, fault: { kind: 'start', member: 'b' } },
  ])
  await stage.cluster.runFor(10_000)
  expect(stage.member('b').disk.image().size).toBe(0)
  expect(stage.member('b').state).toBe('stopped')
  expect(stage.nemesis.lost).toEqual(['b'])
  expect(stage.counts.of('P5')).toBe(1)
  await stage.put()
})

test('the loss of power takes what was not synced, tears it, and takes names back', async () => {
  const stage = await Stage.open()
  const [member] = stage.followers as [string]
  const losses = Array.from({ length: 20 }, (_, i): ScheduledFault[] => [
    { atMs: i * 1_000, fault: { kind: 'losePower', member } },
    { atMs: i * 1_000, fault: { kind: 'start', member } },
  ])
  stage.schedule([{ atMs: 0, fault: { kind: 'slowDisk', member, extraUs: 20_000 } }, ...losses.flat()])
  const write = async (): Promise<void> => {
    for (let i = 0; i < 400; i++) await stage.client.put(`key ${i}`, 'v'.repeat(2_000), { timeoutMs: 60_000 })
  }
  void write().catch(() => {})
  await stage.cluster.runFor(25_000)
  for (const id of ['D1', 'D2', 'D3', 'D12'] as const) expect(stage.counts.of(id), id).toBeGreaterThan(0)
})
