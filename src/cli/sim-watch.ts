/** What the process that runs seeds is at, since when, and whether it has time and memory left for it. */
import { onUncaughtError } from '../runtime/node/child-process.ts'
import { ExitCode } from './exit-codes.ts'
import { SIM_HEAP_BYTES_MAX, SIM_SEED_MS_MAX } from './limits.ts'
import type { SimProgress } from './sim-command.ts'

export class SimWatch {
  readonly #tell: (progress: SimProgress) => void
  #doing = ''
  #startedMs = 0
  #startedCpuMs = 0

  /** @param tell hears of everything that begins. */
  constructor(tell: (progress: SimProgress) => void) {
    this.#tell = tell
    // No run hears of it, so it ends them all.
    onUncaughtError(reason => {
      process.stderr.write(`${this.#doing}: an error that nobody caught: ${reason.stack ?? reason.message}\n`)
      process.exit(ExitCode.simCrash)
    })
  }

  begin(what: string): void {
    this.#doing = what
    this.#startedMs = performance.now()
    this.#startedCpuMs = cpuMs()
    this.#tell({ doing: what })
  }

  get doing(): string {
    return this.#doing
  }

  /** Processor time since the last beginning. */
  get cpuMs(): number {
    return cpuMs() - this.#startedCpuMs
  }

  get isExhausted(): boolean {
    const isLate = performance.now() - this.#startedMs > SIM_SEED_MS_MAX
    return isLate || process.memoryUsage().heapUsed > SIM_HEAP_BYTES_MAX
  }
}

/** Processor time that this process has used. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}
