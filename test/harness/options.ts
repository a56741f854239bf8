/** Options of programs that are no command of `quorate`: one that makes no sense ends them with status 2, as there. */
import { type ParseArgsConfig, parseArgs } from 'node:util'

const WHOLE_NUMBER = /^\d+$/
const NUMBER = /^\d+(\.\d+)?$/

/** As `parseArgs`, and an unknown one is said in a line. */
export function readOptions<const Config extends ParseArgsConfig>(
  config: Config,
): ReturnType<typeof parseArgs<Config>> {
  try {
    return parseArgs(config)
  } catch (error) {
    return refuse((error as Error).message)
  }
}

export function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text)
  if (WHOLE_NUMBER.test(text) && value >= least && Number.isSafeInteger(value)) return value
  return refuse(`--${name} must be a whole number, at least ${least}`)
}

/** Fractions are welcome. */
export function positiveNumber(name: string, text: string): number {
  const value = Number(text)
  return NUMBER.test(text) && value > 0 ? value : refuse(`--${name} must be a number above 0`)
}

export function oneOf<Word extends string>(name: string, text: string, words: readonly Word[]): Word {
  return words.find(word => word === text) ?? refuse(`--${name} must be one of ${words.join(', ')}`)
}

export function refuse(message: string): never {
  process.stderr.write(`error: ${message}\n`)
  process.exit(2)
}
