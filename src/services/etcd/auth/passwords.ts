/** Passwords that are to be derived or checked: a queue with a limit, in front of the job that does it. */
import { utf8Bytes } from '../../../core/utf8.ts'
import type { Job, Jobs } from '../../../runtime/jobs.ts'
import { PASSWORDS_WAITING_MAX } from './limits.ts'
import { type PasswordOrder, type PasswordReport, passwordJob } from './password-job.ts'
import { type PasswordKey, SALT_BYTES } from './password-record.ts'

/** What it takes of the node. */
export interface PasswordWorld {
  readonly jobs: Jobs
  readonly passwordKey: PasswordKey
  /** Unpredictable bytes, for salts. */
  entropy(count: number): Uint8Array
}

export class Passwords {
  readonly #world: PasswordWorld
  readonly #waiting = new Map<number, (report: PasswordReport) => void>()
  #job: Job<PasswordOrder> | undefined
  #lastId = 0

  constructor(world: PasswordWorld) {
    this.#world = world
  }

  get waiting(): number {
    return this.#waiting.size
  }

  /** Calls back with the record to keep; false, and never, if too many wait. */
  derive(password: string, done: (record: Uint8Array) => void): boolean {
    const salt = this.#world.entropy(SALT_BYTES)
    const order = { kind: 'derive', id: ++this.#lastId, password: utf8Bytes(password), salt } as const
    return this.#order(order, report => {
      if (report.kind === 'derived') done(report.record)
    })
  }

  /** Calls back with whether the record is this password's; false, and never, if too many wait. */
  check(password: string, record: Uint8Array, done: (isRight: boolean) => void): boolean {
    const order = { kind: 'check', id: ++this.#lastId, password: utf8Bytes(password), record } as const
    return this.#order(order, report => {
      if (report.kind === 'checked') done(report.isRight)
    })
  }

  /** Nobody is called back any more. */
  stop(): void {
    this.#waiting.clear()
    this.#job?.stop(() => {})
    this.#job = undefined
  }

  #order(order: PasswordOrder, done: (report: PasswordReport) => void): boolean {
    if (this.#waiting.size >= PASSWORDS_WAITING_MAX) return false
    this.#job ??= this.#start()
    this.#waiting.set(order.id, done)
    this.#job.tell(order)
    return true
  }

  #start(): Job<PasswordOrder> {
    const { jobs, passwordKey } = this.#world
    return jobs.start(passwordJob(passwordKey), null, report => this.#hear(report))
  }

  #hear(report: PasswordReport): void {
    const done = this.#waiting.get(report.id)
    this.#waiting.delete(report.id)
    done?.(report)
  }
}
