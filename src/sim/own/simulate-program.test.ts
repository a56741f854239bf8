import { describe, expect, test, vi } from 'vitest'
import type { ProgramSubject } from './program-subject.ts'
import { simulateProgram } from './simulate-program.ts'

vi.setConfig({ testTimeout: 300_000 })

const SMALL = { seeds: [7], shrinkRuns: 0 }

async function thrownBy(
  make: () => ProgramSubject,
): Promise<{ readonly code: string; readonly message: string }> {
  return simulateProgram(make, SMALL).then(
    () => ({ code: 'none', message: '' }),
    (error: { code: string; message: string }) => error,
  )
}

/** Each writes until it is answered. */
const polite: ProgramSubject = {
  async run({ client, number, pause }) {
    for (let isDone = false; !isDone; await pause(500)) {
      isDone = await client.put(`program ${number}`, 'was here', { idempotent: true }).then(
        () => true,
        () => false,
      )
    }
  },
}

test('programs that get by are good, and find the cluster whole when they are checked', async () => {
  const found: unknown[] = []
  const make = (): ProgramSubject => ({
    ...polite,
    programs: 2,
    async check({ client, number, nowMs }) {
      const { kvs } = await client.range({ from: 'program' })
      found.push(kvs.length, number, nowMs() > 60_000)
    },
  })
  const report = await simulateProgram(make, { seeds: [7] })
  // The first seed is run twice.
  expect(found).toEqual([2, 0, true, 2, 0, true])
  expect(report.seeds).toBe(1)
  expect(report.requests).toBeGreaterThanOrEqual(2)
})

describe('programs are found out that', () => {
  test('throw', async () => {
    const { code, message } = await thrownBy(() => ({
      async run({ number, pause }) {
        await pause(1_000 * number)
        throw new RangeError('too far')
      },
    }))
    expect(code).toBe('QUORATE_SIMULATION_FAILED')
    expect(message).toContain('seed 7: crash\n  program 1 threw RangeError: too far\n')
  })

  test('leave what the check does not accept', async () => {
    const check = (): Promise<void> => Promise.reject(new Error('nothing there'))
    const { message } = await thrownBy(() => ({ ...polite, check }))
    expect(message).toContain('seed 7: correctness\n  the check threw Error: nothing there\n')
  })

  test('never come to an end', async () => {
    const { message } = await thrownBy(() => ({ programs: 1, run: () => new Promise(() => {}) }))
    expect(message).toMatch(/seed 7: liveness\n {2}.* 1 programs were not done/)
  })

  test('are checked without end', async () => {
    const { message } = await thrownBy(() => ({ ...polite, check: () => new Promise(() => {}) }))
    expect(message).toContain('liveness\n  the check did not come to an end in 120 s\n')
  })

  test('remember the run before', async () => {
    let runs = 0
    const { code, message } = await thrownBy(() => ({
      run: async ({ note }) => note(`made ${++runs}`),
    }))
    expect(code).toBe('QUORATE_SIMULATION_UNREPEATABLE')
    expect(message).toMatch(/once: .* program1 made \d+\n {2}again: .* program1 made \d+/)
  })
})

test.each([0, 51, 1.5])('%d programs are refused', async programs => {
  const thrown = await thrownBy(() => ({ ...polite, programs }))
  expect(thrown).toMatchObject({ code: 'QUORATE_SIMULATION_INVALID' })
  expect(thrown.message).toContain('programs: a whole number from 1 to 50')
})
