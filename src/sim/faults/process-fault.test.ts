import { expect, test } from 'vitest'
import { msBetween } from '../../core/time.ts'
import { Stage } from './testing/stage.ts'

test('a killed leader is gone, and another leads', async () => {
  const stage = await Stage.open()
  const before = stage.leader
  await stage.unleash({ kind: 'kill', member: before })
  expect(stage.member(before).state).toBe('stopped')
  await stage.put()
  expect(stage.leader).not.toBe(before)
})

test('a process that is killed hangs up; a machine that loses power says nothing', async () => {
  const stage = await Stage.open()
  const [off, dead] = stage.followers as [string, string]
  const since = stage.lines.length
  await stage.unleash({ kind: 'losePower', member: off }, { kind: 'kill', member: dead })
  await stage.cluster.runFor(5_000)
  const said = (name: string): number =>
    stage.lines.slice(since).filter(line => line.includes(` end ${name} `)).length
  expect(said(off)).toBe(0)
  expect(said(dead)).toBeGreaterThan(0)
})

test('what was acknowledged outlives the loss of all power, once all are started', async () => {
  const stage = await Stage.open()
  await stage.put('acknowledged')
  const { names } = stage.cluster
  await stage.unleash({ kind: 'losePowerTogether', members: names })
  expect(stage.cluster.members.map(({ state }) => state)).toEqual(names.map(() => 'stopped'))
  stage.cluster.start()
  let found: string | undefined
  await stage.answered(
    stage.client.get('key', { timeoutMs: 30_000 }).then(value => {
      found = value && new TextDecoder().decode(value.value)
    }),
  )
  expect(found).toBe('acknowledged')
})

test('a member that was started serves again', async () => {
  const stage = await Stage.open()
  const [member] = stage.followers as [string]
  stage.member(member).kill()
  await stage.unleash({ kind: 'start', member })
  await stage.until(() => stage.member(member).node !== undefined)
})

test('a paused leader loses its office, and knows it once it goes on', async () => {
  const stage = await Stage.open()
  const before = stage.leader
  stage.schedule([
    { atMs: 0, fault: { kind: 'pause', member: before } },
    { atMs: 8_000, fault: { kind: 'resume', member: before } },
  ])
  await stage.cluster.runFor(7_000)
  expect(stage.cluster.leaders).toHaveLength(2)
  await stage.cluster.runFor(2_000)
  expect(stage.cluster.leaders).toHaveLength(1)
  expect(stage.leader).not.toBe(before)
})

test('who dies before its log is written has not written it; who dies after it has, and has not said so', async () => {
  for (const when of ['before', 'after'] as const) {
    const stage = await Stage.open({ members: 1 })
    const before = logOf(stage)
    const operation = when === 'before' ? 'writeSynced' : 'written and synced'
    await stage.unleash({ kind: 'dieAt', member: 'a', operation, part: 'log', when, how: 'kill' })
    let answer = 'none'
    stage.client.put('key', 'v', { timeoutMs: 1_000 }).catch(error => {
      answer = error.outcome
    })
    await stage.until(() => stage.counts.of('P2') === 1)
    expect(stage.member('a').state).toBe('stopped')
    expect(logOf(stage) === before).toBe(when === 'before')
    expect(stage.cluster.halts).toEqual([])
    // Nobody was told; and it is started again without being asked for.
    await stage.until(() => answer !== 'none')
    expect(answer).toBe('unknown')
    await stage.until(() => stage.member('a').node?.leads === true)
  }
})

test('who dies by power at a point of its work leaves a machine that answers nobody', async () => {
  const stage = await Stage.open()
  const [member] = stage.followers as [string]
  await stage.unleash({
    kind: 'dieAt',
    member,
    operation: 'rename',
    part: 'any',
    when: 'before',
    how: 'losePower',
  })
  const write = async (): Promise<void> => {
    for (let i = 0; i < 100; i++) await stage.client.put('key', 'v'.repeat(100), { idempotent: true })
  }
  void write()
  await stage.until(() => stage.member(member).state === 'stopped')
  expect(stage.cluster.world.network.isOff(member)).toBe(true)
})

function logOf(stage: Stage): string {
  const files = [...stage.member('a').disk.image()].filter(([path]) => path.includes('log/'))
  return files.map(([path, bytes]) => `${path} ${Buffer.from(bytes).toString('base64')}`).join()
}

test('a clock that drifts goes at its pace, also in the next process', async () => {
  const stage = await Stage.open()
  await stage.unleash({ kind: 'drift', member: 'b', drift: { numerator: 11, denominator: 10 } })
  const passes = async (): Promise<number> => {
    const { clock } = stage.cluster.world.node('b')!
    const begin = clock.now()
    await stage.cluster.runFor(1_000)
    return msBetween(begin, clock.now())
  }
  expect(await passes()).toBeCloseTo(1_100, 0)
  stage.member('b').kill()
  stage.member('b').start()
  expect(await passes()).toBeCloseTo(1_100, 0)
})

test('a wall clock that steps jumps, and the monotonic one does not', async () => {
  const stage = await Stage.open()
  const { clock } = stage.cluster.world.node('b')!
  const [wall, monotonic] = [clock.wallMs(), clock.now()]
  await stage.unleash({ kind: 'stepWall', member: 'b', ms: -5_000 })
  expect(clock.wallMs() - wall).toBeLessThan(-4_900)
  expect(clock.now() - monotonic).toBeLessThan(1_000)
})
