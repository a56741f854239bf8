import { type ChildProcess, spawn } from 'node:child_process'
import { openSync, readFileSync } from 'node:fs'

export interface Ended {
  readonly status: number | null
  readonly signal: NodeJS.Signals | null
}

/** A child process that writes to a log file and can be killed, paused and resumed, by its pid only. */
export class Process {
  readonly logFile: string
  readonly ended: Promise<Ended>
  readonly #child: ChildProcess
  #running = true

  constructor(
    command: string,
    args: readonly string[],
    logFile: string,
    environment: Record<string, string> = {},
  ) {
    this.logFile = logFile
    const log = openSync(logFile, 'a')
    this.#child = spawn(command, args, {
      stdio: ['ignore', log, log],
      env: { ...process.env, ...environment },
    })
    this.ended = new Promise((resolve, reject) => {
      this.#child.once('error', reject)
      this.#child.once('exit', (status, signal) => {
        this.#running = false
        resolve({ status, signal })
      })
    })
    this.ended.catch(() => {})
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  get running(): boolean {
    return this.#running
  }

  signal(name: NodeJS.Signals): void {
    if (this.#running) this.#child.kill(name)
  }

  /** SIGKILL, and the process is gone when this resolves. */
  async kill(): Promise<void> {
    this.signal('SIGKILL')
    await this.ended
  }

  async stop(): Promise<Ended> {
    this.signal('SIGTERM')
    return this.ended
  }

  log(): string {
    return readFileSync(this.logFile, 'utf8')
  }
}
