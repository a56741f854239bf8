/**
 * `quorate sim`: whole clusters under faults, seed after seed. They run in a process of their own, which tells this one
 * what it is about to do: so whatever becomes of it, the seed is known.
 */
import { spawn } from 'node:child_process'
import { QuorateError } from '../core/errors.ts'
import type { BugName } from '../core/seams.ts'
import type { ProtocolName } from '../protocols/protocols.ts'
import { ConfigErrors } from '../server/config-errors.ts'
import { ExitCode } from './exit-codes.ts'
import { SIM_HEAP_MEGABYTES, SIM_SILENCE_MS_MAX } from './limits.ts'
import { reportError } from './report-error.ts'

export const SimErrors = {
  /** Refused: a run was broken off, for want of time or memory. Nothing outside was changed: it may be repeated. */
  exhausted: 'QUORATE_SIM_EXHAUSTED',
  /** Refused: histories cannot be written there. */
  histories: 'QUORATE_SIM_HISTORIES',
} as const

export interface SimFlags {
  readonly seed?: number
  readonly seeds?: number
  readonly minutes?: number
  readonly scenario?: string
  /** Of the museum: put back. */
  readonly bug?: BugName
  readonly consensus?: ProtocolName
  readonly trace?: boolean
  /** A directory. */
  readonly histories?: string
  readonly json?: boolean
}

/** Tells the process that it is the one that runs seeds. */
const INSIDE = 'quorate_sim_inside'

/** What the process that runs seeds says: what it begins. */
export interface SimProgress {
  readonly doing: string
}

/** Resolves to the exit status. */
export async function runSim(flags: SimFlags): Promise<number> {
  checkFlags(flags)
  if (process.env[INSIDE] === undefined) return superviseSim()
  const { simulate } = await import('./simulate.ts')
  const alone = (): never => process.exit(ExitCode.failed)
  process.once('disconnect', alone)
  try {
    return await simulate(flags, progress => process.send?.(progress))
  } finally {
    // While somebody listens to the channel, the process does not end.
    process.off('disconnect', alone)
  }
}

function checkFlags({ seed, seeds, minutes }: SimFlags): void {
  if (seeds === 0) throw invalid('--seeds must be at least 1')
  if (minutes === 0) throw invalid('--minutes must be at least 1')
  // Subtracted, because a sum beyond 2^53 is rounded.
  if ((seed ?? 0) > Number.MAX_SAFE_INTEGER - ((seeds ?? 1) - 1))
    throw invalid('--seed and --seeds go beyond 2^53')
}

function invalid(message: string): QuorateError {
  return new QuorateError(ConfigErrors.invalid, message, 'refused', { hint: 'see quorate sim --help' })
}

/**
 * A run makes much garbage and keeps little. Collected seldom and by one thread, it costs a quarter less of all
 * processors' time: V8's helpers wait for each other for longer than they work. With 64 MiB instead of 32, a tenth less
 * again.
 */
const MEMORY_FLAGS = [
  `--max-old-space-size=${SIM_HEAP_MEGABYTES}`,
  '--single-threaded-gc',
  '--min-semi-space-size=64',
  '--max-semi-space-size=64',
]

/** Runs the same command line in another process, and watches it. */
function superviseSim(): Promise<number> {
  const [program = '', ...args] = process.argv.slice(1)
  const child = spawn(process.execPath, [...process.execArgv, ...MEMORY_FLAGS, program, ...args], {
    env: { ...process.env, [INSIDE]: '1' },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  let doing = 'nothing yet'
  let isSilent = false
  const silence = setTimeout(() => {
    isSilent = true
    child.kill('SIGKILL')
  }, SIM_SILENCE_MS_MAX)
  child.on('message', (progress: SimProgress) => {
    doing = progress.doing
    silence.refresh()
  })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (status, signal) => {
      clearTimeout(silence)
      if (status !== null && status !== OUT_OF_MEMORY && status !== ExitCode.simExhausted)
        return resolve(status)
      const why = isSilent ? `was silent for ${SIM_SILENCE_MS_MAX / 1000} s` : `ended by ${signal ?? status}`
      // One that broke itself off has said so.
      if (status !== ExitCode.simExhausted) reportError(exhausted(doing, `the process that ran it ${why}`))
      resolve(ExitCode.simExhausted)
    })
  })
}

/** V8 aborts a process that has no memory left: elsewhere that is a signal, on Windows this status. */
const OUT_OF_MEMORY = 134

/** The error for a run that came to no end. */
export function exhausted(doing: string, why: string): QuorateError {
  return new QuorateError(SimErrors.exhausted, `${doing} came to no end: ${why}`, 'refused', {
    hint: 'run it alone, with --trace, to see what it is at',
  })
}
