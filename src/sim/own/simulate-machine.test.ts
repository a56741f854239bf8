import { describe, expect, test, vi } from 'vitest'
import type { Machine } from './machine.ts'
import { drawMachinePlan } from './machine-plan.ts'
import type { MachineSubject } from './machine-subject.ts'
import { type MachineSimulationOptions, simulateMachine } from './simulate-machine.ts'
import { SimulationError } from './simulation-error.ts'

vi.setConfig({ testTimeout: 300_000 })

/** Adds up; 0 only looks. */
const adder: Machine<number, number, number> = {
  isRead: amount => amount === 0,
  apply(amount, state) {
    const sum = (state.get('sum') ?? 0) + amount
    if (amount !== 0) state.put('sum', sum)
    return sum
  },
}

type Subject = MachineSubject<number, number, number>

const good: Subject = { machine: () => adder, draw: random => random.below(5) }

/** Small: what is shown here shows at once. */
const SMALL: MachineSimulationOptions = { seeds: [7], requests: 40, shrinkRuns: 8 }

/** What it is refused or found out with. */
async function thrownBy(
  change: Partial<Subject>,
  options: MachineSimulationOptions = {},
): Promise<{ readonly code: string; readonly message: string }> {
  return simulateMachine({ ...good, ...change }, { ...SMALL, ...options }).then(
    () => ({ code: 'none', message: '' }),
    (error: { code: string; message: string }) => error,
  )
}

test('a machine that keeps the rules is good under all faults, and the report says what was tried', async () => {
  const history: unknown[] = []
  const check: NonNullable<Subject['check']> = operations => {
    history.push(...operations)
    return []
  }
  const model = { initial: 0, next: (sum: number, amount: number) => [sum + amount, sum + amount] as const }
  const report = await simulateMachine({ ...good, check, model }, { seeds: [3, 4], requests: 100 })
  expect(report).toMatchObject({ seeds: 2, requests: 200 })
  expect(report.virtualMs).toBeGreaterThan(120_000)
  expect(Object.keys(report.faults).length).toBeGreaterThan(5)
  expect(history).toContainEqual({
    client: expect.any(Number),
    command: expect.any(Number),
    calledAt: expect.any(Number),
    returnedAt: expect.any(Number),
    outcome: { kind: 'done', result: expect.any(Number) },
  })
})

describe('a machine is found out that', () => {
  test.each<[string, () => Subject['machine'], RegExp]>([
    [
      'keeps something in a field',
      () => () => {
        let sum = 0
        return { apply: amount => (sum += amount) }
      },
      /correctness\n {2}the machine depends on something that is not in its state/,
    ],
    [
      'asks for the time',
      () => () => ({ apply: () => Date.now() }),
      /crash\n {2}the machine threw while . carries .* asked for Date.now \[QUORATE_MACHINE_IMPURE\]/,
    ],
    [
      'remembers beyond its processes, in the order of arrival',
      () => {
        const seen: number[] = []
        return () => ({ apply: amount => seen.push(amount) })
      },
      /correctness\n {2}the machine depends on something/,
    ],
    [
      'throws',
      () => () => ({
        apply: () => {
          throw new Error('no')
        },
      }),
      /crash\n {2}the machine threw while . carries .* Error: no\n/,
    ],
    [
      'gives no JSON',
      () => () => ({ apply: () => Number.NaN }),
      /the result is NaN, which JSON cannot say \[QUORATE_MACHINE_VALUE\]/,
    ],
  ])('%s', async (_, makeMachine, story) => {
    const { code, message } = await thrownBy({ machine: makeMachine() })
    expect(code).toBe('QUORATE_SIMULATION_FAILED')
    expect(message).toMatch(story)
  })

  test('departs from its model', async () => {
    const { message } = await thrownBy({ model: { initial: 0, next: () => [0, -1] } })
    expect(message).toMatch(/correctness\n {2}to .*, the machine answered .*, the model says -1/)
  })

  test('does not pass the check', async () => {
    const { message } = await thrownBy({ check: history => [`it saw ${history.length}`] }, { shrinkRuns: 0 })
    expect(message).toContain('correctness\n  it saw 40\n')
  })

  test('is carried out again when a client asks again', async () => {
    // Seeds in which an answer is lost on its way are not rare.
    const { message } = await thrownBy({ tries: 5 }, { seeds: 12, shrinkRuns: 0, requests: 150 })
    expect(message).toMatch(/was carried out at place \d+ of the log, and again at \d+/)
  })
})

test('what is found is made smaller, and its plan, kept as JSON, gives the same again', async () => {
  const machine = (): Machine<number, number, number> => {
    let calls = 0
    return { apply: () => ++calls }
  }
  const found = await simulateMachine({ ...good, machine }, { ...SMALL, shrinkRuns: 60 }).catch(
    error => error,
  )
  expect(found).toBeInstanceOf(SimulationError)
  const { failure, message } = found as SimulationError<NonNullable<MachineSimulationOptions['plan']>>
  expect(failure).toMatchObject({ seed: 7, verdict: 'correctness' })
  expect(failure.plan.schedule).toEqual([])
  expect(failure.plan.steps).toHaveLength(2)
  expect(message).toContain('it takes 0 faults and 2 requests:\n')
  const plan = JSON.parse(JSON.stringify(failure.plan)) as typeof failure.plan
  const again = await simulateMachine({ ...good, machine }, { plan, shrinkRuns: 0 }).catch(error => error)
  expect((again as typeof found).failure.problems).toEqual(failure.problems)
})

test('calls that are made together are carried out one after the other', async () => {
  const options = { seeds: [7], requests: 5 }
  const [one, other] = await Promise.all([simulateMachine(good, options), simulateMachine(good, options)])
  expect(other).toEqual(one)
})

test('what would be asked long after a majority is healed is asked at once', async () => {
  const plan = drawMachinePlan(7, 3, () => 1)
  const times = [1_000, 1_000_000, 2_000_000]
  const late = { ...plan, steps: plan.steps.map((step, i) => ({ ...step, client: 0, atMs: times[i]! })) }
  const report = await simulateMachine(good, { plan: late, shrinkRuns: 0 })
  expect(report.requests).toBe(3)
  expect(report.virtualMs).toBeLessThan(300_000)
})

describe('it is refused', () => {
  test.each<[Partial<Subject>, MachineSimulationOptions, string]>([
    [{}, { seeds: 0 }, 'seeds: at least one, not 0'],
    [{}, { seeds: [] }, 'seeds: at least one, not 0'],
    [{}, { seeds: [1, 1.5] }, 'seeds: 1.5 is no whole number from 0 to 2^53 - 1'],
    [{}, { seeds: [-1] }, 'seeds: -1 is no whole number'],
    [{}, { requests: 0 }, 'requests: a whole number from 1 to 10000, not 0'],
    [{}, { shrinkRuns: -1 }, 'shrinkRuns: a whole number from 0 to 10000, not -1'],
    [{ tries: 11 }, {}, 'tries: a whole number from 1 to 10, not 11'],
  ])('%j %j', async (change, options, message) => {
    const thrown = await thrownBy(change, options)
    expect(thrown.code).toBe('QUORATE_SIMULATION_INVALID')
    expect(thrown.message).toContain(message)
  })

  test('to draw what is no command', async () => {
    expect((await thrownBy({ draw: () => Number.NaN })).code).toBe('QUORATE_MACHINE_VALUE')
  })
})
