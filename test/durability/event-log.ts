import type { LogFields, Logger } from '../../src/runtime/logger.ts'

/** Lines that are kept of a machine's log: enough to see its last few lives. */
const LINES_MAX = 400

/** Keeps a machine's log lines in memory, for the report of a test that fails. */
export class EventLog {
  readonly logger: Logger = this.#loggerWith({})
  readonly #lines: string[] = []

  add(line: string): void {
    this.#lines.push(`${performance.now().toFixed(1)} ${line}`)
    if (this.#lines.length > LINES_MAX) this.#lines.splice(0, LINES_MAX / 2)
  }

  text(): string {
    return this.#lines.join('\n')
  }

  #loggerWith(context: LogFields): Logger {
    const write =
      (level: string) =>
      (message: string, fields: LogFields = {}): void => {
        const shown = Object.entries({ ...context, ...fields }).map(([name, value]) => `${name}=${value}`)
        this.add([level, message, ...shown].join(' '))
      }
    return {
      debug: write('debug'),
      info: write('info'),
      warn: write('warn'),
      error: write('error'),
      child: fields => this.#loggerWith({ ...context, ...fields }),
    }
  }
}
