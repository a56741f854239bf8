/**
 * pino behind the `Logger` interface: one JSON object a line. Lines are written before the call returns, so
 * that the last one before a halt is not lost; a node logs what changes, not what it serves.
 */
import { type DestinationStream, destination, type Logger as Pino, pino, stdTimeFunctions } from 'pino'
import type { LogFields, Logger } from '../logger.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export interface PinoLoggerOptions {
  /** Default `info`. */
  readonly level?: LogLevel
  /** A file to append to; default is standard error, which leaves standard output to people. */
  readonly file?: string
  /** Instead of a file. */
  readonly stream?: DestinationStream
}

export function pinoLogger(options: PinoLoggerOptions = {}): Logger {
  const stream = options.stream ?? destination({ dest: options.file ?? 2, sync: true, mkdir: true })
  const logger = pino(
    {
      level: options.level ?? 'info',
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
    },
    stream,
  )
  return wrap(logger)
}

function wrap(logger: Pino): Logger {
  return {
    debug: (message, fields) => logger.debug(printable(fields), message),
    info: (message, fields) => logger.info(printable(fields), message),
    warn: (message, fields) => logger.warn(printable(fields), message),
    error: (message, fields) => logger.error(printable(fields), message),
    child: fields => wrap(logger.child(printable(fields))),
  }
}

/** 64-bit ids as etcd prints them: JSON has no place for them as numbers. */
function printable(fields: LogFields = {}): Record<string, string | number | boolean> {
  const result: Record<string, string | number | boolean> = {}
  for (const [name, value] of Object.entries(fields)) {
    result[name] = typeof value === 'bigint' ? value.toString(16) : value
  }
  return result
}
