import { simulateMachine } from 'quorate/sim'
import { expect, test } from 'vitest'
import { type Bug, drawCommand, inventory } from './inventory.ts'

const subject = { machine: () => inventory(), draw: drawCommand, tries: 5 }

test('an inventory keeps count, whatever fails', () => simulateMachine(subject, { seeds: 3 }), 300_000)

test.each<Bug>(['counts in a field', 'sells again'])(
  'one that %s is found out',
  async bug => {
    const buggy = { ...subject, machine: () => inventory(bug) }
    await expect(simulateMachine(buggy)).rejects.toMatchObject({ code: 'QUORATE_SIMULATION_FAILED' })
  },
  300_000,
)
