/** What a check found, as text: a table, and the transcript of the smallest counter-example of each broken property. */
import type { Algorithm } from '../algorithm.ts'
import { transcript } from '../transcript.ts'
import { type CheckedFamily, type CheckReport, type CounterExample, runSchedule } from './check.ts'

/** Lines without their newlines. */
export function checkLines(algorithm: Algorithm, report: CheckReport): string[] {
  const { nodes, seeds, firstSeed } = report
  const last = firstSeed + seeds - 1
  return [
    `${algorithm.name}, ${nodes} nodes: ${seeds} random schedules of each kind, seeds ${firstSeed} to ${last}`,
    ...report.families.flatMap(family => ['', ...familyLines(family)]),
    ...counterExamples(algorithm, report),
  ]
}

/** Whether anything did not hold that was promised. */
export function hasFailed(report: CheckReport): boolean {
  return report.families.some(({ properties }) =>
    properties.some(({ isPromisedHere, broken }) => isPromisedHere && broken > 0),
  )
}

function familyLines({ family, properties }: CheckedFamily): string[] {
  const width = Math.max(...properties.map(({ property }) => property.length))
  const rows = properties.map(({ property, says, isPromisedHere, promised, held, broken }) => {
    const promise = isPromisedHere ? 'promised' : promised === 'never' ? 'not promised' : 'not promised here'
    const outcome =
      broken === 0 ? `held in all ${held}` : `${isPromisedHere ? 'BROKEN' : 'did not hold'} in ${broken}`
    return `  ${property.padEnd(width)}  ${promise.padEnd(17)}  ${outcome.padEnd(20)}  ${says}`
  })
  return [`Schedules in which ${family}`, ...rows]
}

/** Each property is shown once: where less goes wrong it is easier to read. */
function counterExamples(algorithm: Algorithm, report: CheckReport): string[] {
  const shown = new Set<string>()
  return report.families.flatMap(({ family, properties }) =>
    properties.flatMap(({ property, smallest }) => {
      if (smallest === null || shown.has(property)) return []
      shown.add(property)
      return [
        '',
        ...title(property, smallest),
        '',
        ...indented(exampleLines(algorithm, report, family, property, smallest)),
      ]
    }),
  )
}

function title(property: string, { seed, what, drawn, deeds }: CounterExample): string[] {
  return [
    `=== ${property}: ${what}`,
    `    the smallest schedule that shows it: ${deeds.length} of the ${drawn} steps of seed ${seed}`,
  ]
}

/** Told until it has happened: how it goes on shows nothing new. */
function exampleLines(
  algorithm: Algorithm,
  report: CheckReport,
  family: CheckedFamily['family'],
  property: string,
  { seed, deeds }: CounterExample,
): string[] {
  const recording = runSchedule(algorithm, report, family, seed, deeds)
  const { broken } = recording.verdicts.find(verdict => verdict.property === property)!
  const untilUs = broken!.atUs
  const messages = recording.messages.filter(({ sentAtUs }) => sentAtUs <= untilUs)
  const events = recording.events.filter(({ atUs }) => atUs <= untilUs)
  return transcript({ ...recording, messages, events }).slice(1)
}

function indented(lines: readonly string[]): string[] {
  return lines.map(line => (line === '' ? '' : `  ${line}`))
}
