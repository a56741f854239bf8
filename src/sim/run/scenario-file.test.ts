import { isDeepStrictEqual } from 'node:util'
import { describe, expect, test } from 'vitest'
import { QuorateError } from '../../core/errors.ts'
import { randomFromSeed } from '../../core/prng.ts'
import { drawRun } from './run-plan.ts'
import { decodeScenario, encodeScenario, type Scenario } from './scenario-file.ts'

function scenarioOf(seed: number): Scenario {
  return { plan: drawRun(seed), verdict: 'liveness', problems: ['nobody answered', 'twice'] }
}

/** A scenario as somebody changed it by hand. */
function changed(change: (scenario: ReturnType<typeof JSON.parse>) => void): string {
  const json = JSON.parse(encodeScenario(scenarioOf(2)))
  change(json)
  return JSON.stringify(json)
}

test('a scenario survives being saved', () => {
  for (let seed = 1; seed <= 15; seed++) {
    const scenario = scenarioOf(seed)
    // Values may be large, and this compares them as bytes.
    expect(isDeepStrictEqual(decodeScenario(encodeScenario(scenario)), scenario)).toBe(true)
  }
})

test('nothing is left of a scenario from which everything was dropped, and it is one still', () => {
  const { plan, ...about } = scenarioOf(1)
  const empty = { ...about, plan: { ...plan, schedule: [], workloads: [] } }
  expect(decodeScenario(encodeScenario(empty))).toEqual(empty)
})

test('a fault or a request is a line of its own', () => {
  const { plan } = scenarioOf(1)
  const lines = encodeScenario(scenarioOf(1)).split('\n')
  const steps = plan.workloads.reduce((sum, each) => sum + each.steps.length, 0)
  expect(lines.length).toBeGreaterThan(plan.schedule.length + steps)
  expect(lines.length).toBeLessThan(plan.schedule.length + steps + 30)
})

describe('what no longer applies is named', () => {
  test.each<[string, (json: ReturnType<typeof JSON.parse>) => void, string]>([
    ['another version', json => Object.assign(json, { quorateScenario: 2 }), 'version 2 is not 1'],
    ['no version', json => delete json.quorateScenario, 'version null is not 1'],
    [
      'an unknown fault',
      json => Object.assign(json.plan.schedule[1].fault, { kind: 'gremlins' }),
      '$.plan.schedule[1].fault.kind is not one of kill, losePower,',
    ],
    [
      'a fault with more than it has',
      json => Object.assign(json.plan.schedule[1].fault, { color: 'red' }),
      '$.plan.schedule[1].fault.color is not absent',
    ],
    [
      'a fault of somebody else',
      json => Object.assign(json.plan.schedule, [{ atMs: 1, fault: { kind: 'kill', member: 'z' } }]),
      '$.plan.schedule[0] (kill) names z; the members are a, b, c',
    ],
    [
      'an instant that is none',
      json => Object.assign(json.plan.schedule[2], { atMs: -1 }),
      '$.plan.schedule[2].atMs is not a whole number',
    ],
    [
      'a request of another program',
      json => Object.assign(json.plan.workloads[0], { workload: 'bank' }),
      '$.plan.workloads[0].steps[0] is of kv, not of bank',
    ],
    [
      'an unknown program',
      json => Object.assign(json.plan.workloads[0], { workload: 'topics' }),
      '$.plan.workloads[0].workload is not one of kv, listAppend, bank, counters, registers, locks',
    ],
    [
      'a configuration that no node takes',
      json => Object.assign(json.plan.swarm.config, { heartbeatIntervalMs: 0 }),
      '$.plan.swarm.config: ',
    ],
    ['members of other names', json => Object.assign(json.plan.swarm, { members: ['x'] }), 'are not a, b, c'],
    [
      'too many fragile ones',
      json => Object.assign(json.plan.swarm, { fragile: json.plan.swarm.members }),
      '$.plan.swarm.fragile are not a minority',
    ],
  ])('%s', (_, change, message) => {
    expect(() => decodeScenario(changed(change))).toThrow(message)
  })

  test('text that is no JSON', () => {
    expect(() => decodeScenario('{')).toThrow('it is no JSON')
  })
})

test('whatever a file holds, it is read or refused with a code', () => {
  const text = encodeScenario(scenarioOf(3))
  const random = randomFromSeed(1)
  for (let i = 0; i < 100; i++) {
    const at = random.below(text.length)
    const odd = ['', '0', '-', '"', '[]', 'null', '{}', '1e400'][random.below(8)]!
    try {
      decodeScenario(text.slice(0, at) + odd + text.slice(at + random.below(12)))
    } catch (error) {
      expect(error).toBeInstanceOf(QuorateError)
      expect(error).toMatchObject({ code: 'QUORATE_SCENARIO_INVALID' })
    }
  }
})
