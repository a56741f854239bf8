/** Members that come, go and move while faults happen, and what that leaves of the promise of the atlas. */
import { expect, test } from 'vitest'
import { SimulatedCluster } from '../cluster/simulated-cluster.ts'
import { Atlas } from './atlas.ts'
import type { Fault } from './fault.ts'
import { FaultCounts } from './fault-counts.ts'
import { Nemesis } from './nemesis.ts'
import { Operator } from './operator.ts'

class Company {
  readonly lines: string[] = []
  readonly counts = new FaultCounts()
  readonly cluster: SimulatedCluster
  readonly atlas: Atlas
  readonly operator: Operator
  readonly nemesis: Nemesis

  constructor(seed: number, faults: readonly Fault[], { fragile = [] as string[], members = 3 } = {}) {
    const trace = (line: string): void => void this.lines.push(line)
    this.cluster = new SimulatedCluster({
      seed,
      members,
      spares: 2,
      config: { strictReconfigCheck: false },
      trace,
    })
    const voters = (): readonly (readonly string[])[] => this.operator.votersAfter([this.known])
    this.atlas = new Atlas(this.cluster.names, fragile, name => this.cluster.has(name), voters)
    const { cluster, atlas, counts } = this
    this.operator = new Operator({
      cluster,
      atlas,
      counts,
      broken: error => {
        throw error
      },
    })
    this.nemesis = new Nemesis(
      cluster,
      faults.map((fault, i) => ({ atMs: 5_000 + i, fault })),
      counts,
      atlas,
      this.operator,
    )
    cluster.start()
  }

  /** Who votes, by what happened so far. */
  get known(): readonly string[] {
    const gone = (name: string): boolean => this.saw(`${name} was removed`)
    const came = (name: string): boolean => this.saw(`${name} was added`)
    return this.cluster.machines.filter(
      name => (this.cluster.names.includes(name) || came(name)) && !gone(name),
    )
  }

  saw(what: string): boolean {
    return this.lines.some(line => line.endsWith(`operator: ${what}`))
  }

  async sees(what: string): Promise<void> {
    expect(await this.cluster.until(() => this.saw(what), 120_000), what).toBe(true)
  }
}

test('a member takes the place of another, and what was written before is there', async () => {
  const company = new Company(1, [
    { kind: 'addMember', member: 'd', as: 'learnerToVote' },
    { kind: 'removeMember', member: 'a' },
  ])
  await company.sees('d votes')
  await company.sees('a was removed')
  // Added, given a vote, and another one removed.
  expect(company.counts.of('P8')).toBe(3)
  expect(await company.cluster.until(() => company.cluster.member('a').halted !== undefined, 60_000)).toBe(
    true,
  )
  expect(company.nemesis.halts).toMatchObject([{ member: 'a', isExplained: true }])
  expect(company.cluster.ids.has('d')).toBe(true)
})

test('a member that moved is reached at its new place, and by those who were started long before', async () => {
  const company = new Company(2, [{ kind: 'moveMember', member: 'b' }])
  await company.sees('b was moved')
  expect(company.counts.of('N12')).toBe(1)
  const { cluster } = company
  expect(cluster.member('b').config.initialAdvertisePeerUrls).toEqual(['http://b:2381'])
  // Without b nobody has a majority any more.
  cluster.member('c').kill()
  expect(await cluster.until(() => cluster.member('b').node !== undefined, 30_000)).toBe(true)
  let isDone = false
  cluster
    .client('client', ['a'])
    .put('key', 'v', { idempotent: true, timeoutMs: 60_000 })
    .then(() => {
      isDone = true
    })
  expect(await cluster.until(() => isDone, 60_000)).toBe(true)
})

test('a member that does not answer is not moved: it may not know where the others are by now', async () => {
  const company = new Company(1, [
    { kind: 'kill', member: 'b' },
    { kind: 'moveMember', member: 'a' },
    { kind: 'moveMember', member: 'b' },
  ])
  await company.sees('a was moved')
  await company.sees('b is not moved, for it does not answer')
})

test('no member goes whose place a majority needs, and none comes that a majority would need at once', async () => {
  const company = new Company(
    3,
    [
      { kind: 'loseDisk', member: 'c' },
      { kind: 'removeMember', member: 'a' },
      { kind: 'addMember', member: 'd', as: 'voter' },
      { kind: 'removeMember', member: 'c' },
    ],
    { fragile: ['c'] },
  )
  await company.sees('removeMember a is not permitted')
  await company.sees('addMember d is not permitted')
  await company.sees('c was removed')
})

test('who is not there cannot go, and who is there cannot come', () => {
  const { operator } = new Company(4, [])
  expect(operator.ask({ kind: 'removeMember', member: 'd' })).toBe(false)
  expect(operator.ask({ kind: 'moveMember', member: 'e' })).toBe(false)
  expect(operator.ask({ kind: 'addMember', member: 'a', as: 'voter' })).toBe(false)
})

test('what was asked for counts before it is known to have happened', () => {
  const { operator } = new Company(5, [])
  const sets = [['a', 'b', 'c']]
  expect(operator.votersAfter(sets)).toEqual(sets)
  operator.ask({ kind: 'removeMember', member: 'c' })
  expect(operator.votersAfter(sets)).toEqual([
    ['a', 'b', 'c'],
    ['a', 'b'],
  ])
  expect(operator.hasRemoved('c')).toBe(false)
})

test('a second voter is on its way to a vote, for it is a learner first', async () => {
  const company = new Company(1, [{ kind: 'addMember', member: 'b', as: 'voter' }], { members: 1 })
  const { cluster, atlas, operator } = company
  expect(await cluster.until(() => operator.newcomers.length > 0, 60_000)).toBe(true)
  expect([operator.newcomers, cluster.has('b')]).toEqual([['b'], false])
  // It has no machine yet, and once healed the two of them can go on.
  expect(atlas.isQuorum(['a'], operator.newcomers)).toBe(true)
  await company.sees('b votes')
  expect(operator.newcomers).toEqual([])
})

test('whoever is asked to leave is looked after until it has left, for its vote may be needed for that', async () => {
  const company = new Company(
    7,
    [
      { kind: 'removeMember', member: 'b' },
      { kind: 'dieAt', member: 'b', operation: 'writeSynced', part: 'any', when: 'before', how: 'kill' },
    ],
    { members: 2 },
  )
  await company.sees('b was removed')
  expect(company.operator.hasRemoved('b')).toBe(true)
})

test('once frozen it begins with nothing', async () => {
  const { operator, cluster, nemesis } = new Company(6, [])
  nemesis.freeze()
  expect(operator.ask({ kind: 'removeMember', member: 'c' })).toBe(false)
  await cluster.runFor(5_000)
  expect(operator.hasRemoved('c')).toBe(false)
})

test('whoever was asked to leave, and is needed for it, is started again until it has left', async () => {
  const company = new Company(
    5,
    [
      { kind: 'removeMember', member: 'b' },
      // It has no effect, but that the members are listed before the next fault, and nothing is decided after that.
      { kind: 'resume', member: 'a' },
      { kind: 'pause', member: 'a' },
    ],
    { members: 2 },
  )
  const { cluster, nemesis } = company
  await cluster.runFor(10_000)
  expect(nemesis.calm()).toEqual(['a', 'b'])
  cluster.member('b').kill()
  await company.sees('b was removed')
  expect(await cluster.until(() => cluster.member('b').halted !== undefined, 60_000)).toBe(true)
  await cluster.runFor(10_000)
  expect(cluster.member('b').isUp).toBe(false)
})
