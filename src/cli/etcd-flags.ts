/**
 * etcd's flags in Go's flag syntax: `--name x`, `--name=x`, `-name x`; a boolean takes its value only behind
 * `=`. Every flag is also an environment variable (`ETCD_` and the name in capitals with underscores); a flag
 * given wins over its variable. With `--config-file`, only what the file says counts, as with etcd.
 */
import { QuorateError } from '../core/errors.ts'
import { ConfigErrors } from '../server/config-errors.ts'
import { parseGoDuration } from '../server/go-duration.ts'
import { ETCD_FLAGS, type Flag } from './flag-table/index.ts'

export const CONFIG_FILE_FLAG = 'config-file'

/** The flag that sets a key of the configuration, as a user writes it. */
export function flagOf(key: string): string {
  const found = Object.entries(ETCD_FLAGS).find(([, flag]) => flag.kind === 'used' && flag.key === key)
  return found === undefined ? key : `--${found[0]}`
}

export interface ParsedFlags {
  /** Input for `parseConfig`. */
  readonly config: Record<string, unknown>
  /** One sentence for each flag or variable that has no effect. */
  readonly warnings: readonly string[]
}

type Environment = Readonly<Record<string, string | undefined>>

/** What was given for one flag, and how its giver calls it. */
interface Given {
  readonly value: string
  readonly source: string
}

/**
 * Throws `QUORATE_CONFIG_INVALID`: unknown, repeated with another value, without its value, or asking for what is not
 * there.
 */
export function parseEtcdFlags(args: readonly string[], environment: Environment): ParsedFlags {
  const given = readArguments(args)
  const { config, warnings } = sort(name => {
    const flag = given.get(name)
    if (flag !== undefined) return { value: flag, source: `--${name}` }
    const variable = variableOf(name)
    const value = environment[variable]
    return value === undefined || value === '' ? undefined : { value, source: variable }
  })
  return { config, warnings: [...warnings, ...unrecognized(environment)] }
}

/** The configuration file that is named, if one is; then `parseConfigFile` is what counts. */
export function configFileNamed(args: readonly string[], environment: Environment): string | undefined {
  const file = readArguments(args).get(CONFIG_FILE_FLAG) ?? environment[variableOf(CONFIG_FILE_FLAG)]
  return file === '' ? undefined : file
}

/**
 * As etcd does: nothing but the file counts, and who gave more is told so.
 *
 * @param said the flags that the file sets, by their names
 */
export function parseConfigFile(
  file: string,
  said: ReadonlyMap<string, string>,
  args: readonly string[],
  environment: Environment,
): ParsedFlags {
  const given = readArguments(args)
  const { config, warnings } = sort(name => {
    const value = said.get(name)
    return value === undefined ? undefined : { value, source: `${name} in ${file}` }
  })
  const others = [
    ...[...given.keys()].map(name => `--${name}`),
    ...Object.keys(ETCD_FLAGS)
      .map(variableOf)
      .filter(variable => environment[variable]),
  ].filter(source => source !== `--${CONFIG_FILE_FLAG}`)
  const ignored = others.map(name => `${name} is ignored, because there is a --${CONFIG_FILE_FLAG}`)
  return { config, warnings: [...warnings, ...ignored] }
}

/** Sorts what was given into what counts and what does not. */
function sort(givenFor: (name: string) => Given | undefined): ParsedFlags {
  const config: Record<string, unknown> = {}
  const warnings: string[] = []
  for (const [name, flag] of Object.entries(ETCD_FLAGS)) {
    const given = givenFor(name)
    if (given === undefined) continue
    const { value, source } = given
    if (flag.kind === 'idle') warnings.push(`${source} has no meaning here and is ignored: ${flag.why}`)
    else if (flag.kind === 'used') config[flag.key] = flag.duration ? readDuration(source, value) : value
    else if (!asksForNothing(flag, value)) throw invalid(`${source} is not supported: ${flag.why}`)
  }
  return { config, warnings }
}

function asksForNothing(flag: Extract<Flag, { kind: 'refused' }>, value: string): boolean {
  return (flag.boolean === true && value === 'false') || (flag.harmless ?? []).includes(value)
}

/** A misspelt variable does nothing, and its writer should know. Its value stays out of logs: it may be a password. */
function unrecognized(environment: Environment): string[] {
  const known = new Set([...Object.keys(ETCD_FLAGS), CONFIG_FILE_FLAG].map(variableOf))
  return Object.keys(environment)
    .filter(variable => variable.startsWith('ETCD_') && !known.has(variable))
    .map(variable => `unrecognized environment variable ${variable}`)
}

function variableOf(name: string): string {
  return `ETCD_${name.toUpperCase().replaceAll('-', '_')}`
}

function readArguments(args: readonly string[]): Map<string, string> {
  const given = new Map<string, string>()
  for (let i = 0; i < args.length; i++) {
    const match = /^--?([a-z][a-z0-9-]*)(?:=(.*))?$/s.exec(args[i]!)
    if (match === null) throw invalid(`unexpected argument: ${args[i]}`)
    const name = match[1]!
    const flag = ETCD_FLAGS[name]
    if (flag === undefined && name !== CONFIG_FILE_FLAG) throw invalid(`unknown flag: --${name}`)
    const value = match[2] ?? (flag?.boolean ? 'true' : args[++i])
    if (value === undefined) throw invalid(`--${name} needs a value`)
    const before = given.get(name)
    const adds = flag?.kind === 'used' && flag.adds === true
    if (before !== undefined && before !== value && !adds)
      throw invalid(`--${name} is given twice, as ${before} and as ${value}`)
    given.set(name, before !== undefined && adds ? `${before},${value}` : value)
  }
  return given
}

/** In milliseconds. */
function readDuration(source: string, value: string): number {
  const ms = parseGoDuration(value)
  if (ms === null) throw invalid(`${source} needs a duration such as 5s, 500ms or 1h30m: ${value}`)
  return ms
}

function invalid(message: string): QuorateError {
  return new QuorateError(ConfigErrors.invalid, message, 'refused', { hint: 'see quorate server --help' })
}
