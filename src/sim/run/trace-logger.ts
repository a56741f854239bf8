/** What members log, as lines of a trace. It is no part of the digest: words may change, and what happened does not. */
import type { LogFields, Logger } from '../../runtime/logger.ts'

/** @param write takes a line: `a warn the disk is full directory=data/log`. */
export function traceLogger(member: string, write: (line: string) => void, always: LogFields = {}): Logger {
  const at =
    (level: string) =>
    (message: string, fields: LogFields = {}): void => {
      const told = Object.entries({ ...always, ...fields }).map(([name, value]) => ` ${name}=${value}`)
      write(`${member} ${level} ${message}${told.join('')}`)
    }
  return {
    debug: at('debug'),
    info: at('info'),
    warn: at('warn'),
    error: at('error'),
    child: fields => traceLogger(member, write, { ...always, ...fields }),
  }
}
