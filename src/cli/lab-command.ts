/** `quorate lab`: one algorithm under faults, in virtual time, as something to look at. */
import { writeFileSync } from 'node:fs'
import { QuorateError } from '../core/errors.ts'
import {
  ALGORITHMS,
  type Algorithm,
  algorithmNamed,
  checkAlgorithm,
  checkLines,
  hasBrokenPromise,
  hasFailed,
  labPage,
  type Recording,
  SCHEDULES_MAX,
  transcript,
} from '../lab/index.ts'
import { ConfigErrors } from '../server/config-errors.ts'
import { ExitCode } from './exit-codes.ts'
import { print } from './output.ts'

export const LabErrors = {
  /** Refused: the page cannot be written. */
  file: 'QUORATE_LAB_FILE',
} as const

export interface LabFlags {
  readonly nodes?: number
  readonly seed?: number
  readonly fault?: string
  readonly json?: boolean
  readonly html?: string
  readonly check?: boolean
  readonly seeds?: number
}

/** Gives the exit status. */
export function runLab(protocol: string | undefined, flags: LabFlags): number {
  if (protocol === undefined) return listAlgorithms(flags)
  const algorithm = findAlgorithm(protocol)
  if (flags.check === true) return runCheck(algorithm, flags)
  if (flags.seeds !== undefined)
    throw invalid('--seeds belongs to --check', 'quorate lab --check PROTOCOL --seeds K')
  const fault = findFault(algorithm, flags.fault)
  const setup = { nodes: nodesOf(algorithm, fault, flags.nodes), seed: flags.seed ?? 1 }
  const recording = algorithm.run(setup, fault.name)
  if (flags.html !== undefined) writePage(flags.html, recording)
  if (flags.json === true) print(JSON.stringify(recording))
  else if (flags.html === undefined) for (const line of transcript(recording)) print(line)
  return hasBrokenPromise(recording) ? ExitCode.simCorrectness : ExitCode.ok
}

/** Schedules of one check, if nobody says how many. */
const SEEDS = 100

function runCheck(algorithm: Algorithm, flags: LabFlags): number {
  const { nodes, seed: firstSeed = 1, seeds = SEEDS, json } = flags
  if (flags.fault !== undefined || flags.html !== undefined)
    throw invalid('--check draws its own faults, and tells them', 'leave out --fault and --html')
  if (seeds < 1 || seeds > SCHEDULES_MAX)
    throw invalid(
      `--seeds must be from 1 to ${SCHEDULES_MAX}, not ${seeds}`,
      'a check runs each schedule once',
    )
  const report = checkAlgorithm(algorithm, {
    nodes: nodesOf(algorithm, algorithm.lessons[0]!, nodes),
    firstSeed,
    seeds,
  })
  if (json === true) print(JSON.stringify(report))
  else for (const line of checkLines(algorithm, report)) print(line)
  return hasFailed(report) ? ExitCode.simCorrectness : ExitCode.ok
}

function writePage(path: string, recording: Recording): void {
  const { algorithm, fault, seed, nodes } = recording
  const command = `quorate lab ${algorithm} --nodes ${nodes.length} --seed ${seed} --fault ${fault}`
  try {
    writeFileSync(path, labPage(recording, command))
  } catch (error) {
    const message = `the page cannot be written: ${(error as Error).message}`
    throw new QuorateError(LabErrors.file, message, 'refused', {
      hint: 'name a file in a directory that can be written to',
      cause: error,
    })
  }
}

function listAlgorithms({ json, ...flags }: LabFlags): number {
  if (Object.keys(flags).length > 0)
    throw invalid(`--${Object.keys(flags)[0]} belongs to a protocol`, 'quorate lab PROTOCOL ...')
  if (json === true) {
    const list = ALGORITHMS.map(({ name, summary, nodes, lessons }) => ({
      name,
      summary,
      nodes,
      faults: lessons,
    }))
    print(JSON.stringify(list))
    return ExitCode.ok
  }
  const width = Math.max(...ALGORITHMS.map(({ name }) => name.length))
  for (const { name, summary } of ALGORITHMS) print(`${name.padEnd(width)}  ${summary}`)
  return ExitCode.ok
}

function findAlgorithm(name: string): Algorithm {
  const algorithm = algorithmNamed(name)
  if (algorithm !== undefined) return algorithm
  const names = ALGORITHMS.map(each => each.name).join(', ')
  throw invalid(`the laboratory has no ${name}`, `there are: ${names}`)
}

function findFault(algorithm: Algorithm, name = 'none'): Algorithm['lessons'][number] {
  const lesson = algorithm.lessons.find(each => each.name === name)
  if (lesson !== undefined) return lesson
  const names = algorithm.lessons.map(each => `${each.name} (${each.teaches})`)
  throw invalid(`${algorithm.name} has no fault ${name}`, `there are:\n  ${names.join('\n  ')}`)
}

function nodesOf(
  algorithm: Algorithm,
  fault: Algorithm['lessons'][number],
  asked: number | undefined,
): number {
  const { standard, fewest, most, why } = algorithm.nodes
  const nodes = asked ?? Math.max(standard, fault.nodesMin)
  if (nodes < fewest || nodes > most)
    throw invalid(`${algorithm.name} runs with ${fewest} to ${most} nodes, not ${nodes}`, why)
  if (nodes < fault.nodesMin)
    throw invalid(
      `${algorithm.name} with the fault ${fault.name} needs ${fault.nodesMin} nodes, not ${nodes}`,
      `with fewer there is nothing to see: ${fault.teaches}`,
    )
  return nodes
}

function invalid(message: string, hint: string): QuorateError {
  return new QuorateError(ConfigErrors.invalid, message, 'refused', { hint })
}
