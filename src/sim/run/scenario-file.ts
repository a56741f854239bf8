/**
 * A run as a file: the plan, and what came of it when it was saved. Versioned, because plans change with what can go
 * wrong; whoever repeats one that no longer applies is told which step does not.
 */
import { DecodeError } from '../../core/bytes.ts'
import { QuorateError } from '../../core/errors.ts'
import { parseConfig } from '../../server/config.ts'
import { type Json, jsonList, jsonNumber, jsonRecord, jsonWord } from '../checkers/json-codec.ts'
import type { Fault } from '../faults/fault.ts'
import { jsonRunPlan } from './plan-codec.ts'
import type { RunPlan } from './run-plan.ts'
import { VERDICTS, type Verdict } from './run-result.ts'

export const ScenarioErrors = {
  /** Refused: the file is no scenario, of another version, or names what there is not. */
  invalid: 'QUORATE_SCENARIO_INVALID',
  /** Refused: there is no such file, or it may not be read. */
  unreadable: 'QUORATE_SCENARIO_UNREADABLE',
} as const

export interface Scenario {
  readonly plan: RunPlan
  /** What it came to when it was saved. */
  readonly verdict: Verdict
  readonly problems: readonly string[]
}

const VERSION = 1

const jsonText = { encode: (text: string) => text, decode: (json: Json | undefined) => String(json ?? '') }

const jsonScenario = jsonRecord<Scenario & { readonly quorateScenario: number }>({
  quorateScenario: jsonNumber,
  verdict: jsonWord(VERDICTS),
  problems: jsonList(jsonText),
  plan: jsonRunPlan,
})

export function encodeScenario(scenario: Scenario): string {
  const { plan, ...about } = jsonScenario.encode({ quorateScenario: VERSION, ...scenario }) as {
    readonly [name: string]: Json
  }
  const { schedule = [], workloads = [], ...rest } = plan as { readonly [name: string]: Json }
  // A fault or a request a line: so a difference between two scenarios can be read.
  const lines = (list: Json): string =>
    (list as Json[]).map(each => `      ${JSON.stringify(each)}`).join(',\n')
  const plans = (workloads as { readonly [name: string]: Json }[]).map(
    ({ steps = [], ...one }) => `    {${inner(one)}, "steps": [\n${lines(steps)}\n    ]}`,
  )
  return [
    `{${inner(about)},\n  "plan": {${inner(rest)},`,
    `    "schedule": [\n${lines(schedule)}\n    ],`,
    `    "workloads": [\n${plans.join(',\n')}\n    ]\n  }\n}\n`,
  ].join('\n')
}

function inner(json: Json): string {
  return JSON.stringify(json).slice(1, -1)
}

/** Throws `QUORATE_SCENARIO_INVALID`, which names the step that does not apply. */
export function decodeScenario(text: string): Scenario {
  let json: Json
  try {
    json = JSON.parse(text) as Json
  } catch (error) {
    throw invalid(`it is no JSON: ${(error as Error).message}`)
  }
  const version = (json as { readonly quorateScenario?: Json } | null)?.quorateScenario
  if (version !== VERSION) throw invalid(`version ${JSON.stringify(version ?? null)} is not ${VERSION}`)
  try {
    const { plan, verdict, problems } = jsonScenario.decode(json, '$')
    checkApplies(plan)
    return { plan, verdict, problems }
  } catch (error) {
    if (error instanceof DecodeError) throw invalid(error.message)
    throw error
  }
}

/** Throws `DecodeError` for what is well written and cannot be carried out. */
function checkApplies({ swarm, schedule, workloads, lyingDisks, seed }: RunPlan): void {
  const { members, spares } = swarm
  const machines = [...members, ...spares]
  const alphabet = machines.map((_, i) => String.fromCharCode('a'.charCodeAt(0) + i))
  if (members.length === 0 || machines.join() !== alphabet.join() || machines.length > 9) {
    throw new DecodeError('$.plan.swarm.members, and spares behind them, are not a, b, c, ..., at most 9')
  }
  if (!isCount(seed)) throw new DecodeError('$.plan.seed is not a whole number')
  const checkNames = (names: readonly string[], path: string, known = members): void => {
    const unknown = names.find(name => !known.includes(name))
    if (unknown !== undefined) {
      throw new DecodeError(`${path} names ${unknown}; the members are ${known.join(', ')}`)
    }
  }
  checkNames(swarm.fragile, '$.plan.swarm.fragile')
  // Beyond a minority nothing is promised.
  if (swarm.fragile.length * 2 >= members.length && swarm.fragile.length > 0) {
    throw new DecodeError('$.plan.swarm.fragile are not a minority of the members')
  }
  checkNames(lyingDisks, '$.plan.lyingDisks')
  for (const [i, { atMs, fault }] of schedule.entries()) {
    const path = `$.plan.schedule[${i}]`
    checkNames(namesIn(fault), `${path} (${fault.kind})`, machines)
    if (!isCount(atMs)) throw new DecodeError(`${path}.atMs is not a whole number`)
  }
  for (const [w, { workload, steps, timeoutMs }] of workloads.entries()) {
    if (!isCount(timeoutMs)) throw new DecodeError(`$.plan.workloads[${w}].timeoutMs is not a whole number`)
    for (const [i, { task, afterMs, client }] of steps.entries()) {
      const path = `$.plan.workloads[${w}].steps[${i}]`
      if (task.kind !== workload) throw new DecodeError(`${path} is of ${task.kind}, not of ${workload}`)
      if (!isCount(afterMs) || !isCount(client)) throw new DecodeError(`${path} has no whole numbers`)
    }
  }
  checkConfig(swarm.config)
}

function checkConfig(config: RunPlan['swarm']['config']): void {
  try {
    parseConfig({
      name: 'a',
      initialCluster: 'a=http://a:2380',
      initialAdvertisePeerUrls: 'http://a:2380',
      ...config,
    })
  } catch (error) {
    if (error instanceof QuorateError) throw new DecodeError(`$.plan.swarm.config: ${error.message}`)
    throw error
  }
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0
}

function namesIn(fault: Fault): readonly string[] {
  switch (fault.kind) {
    case 'losePowerTogether':
      return fault.members
    case 'partition':
    case 'join':
      return fault.groups.flat()
    case 'reset':
    case 'hush':
      return [fault.a, fault.b]
    case 'cut':
    case 'heal':
    case 'clog':
    case 'narrow':
      return [fault.from, fault.to]
    case 'strand':
      return [fault.to]
    case 'startWrongly':
      return [fault.member, fault.as]
    case 'links':
    case 'healAll':
      return []
    default:
      return [fault.member]
  }
}

function invalid(why: string): QuorateError {
  return new QuorateError(ScenarioErrors.invalid, `the scenario cannot be repeated: ${why}`, 'refused', {
    hint: 'it was saved by another version, or changed by hand: mend or leave out what is named',
  })
}
