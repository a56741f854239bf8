/**
 * etcd's configuration file: YAML, a flag a line by its name, but for TLS, which has two sections with names of their
 * own. Loaded only when there is one.
 */
import { readFileSync } from 'node:fs'
import { parse, YAMLParseError } from 'yaml'
import { QuorateError } from '../core/errors.ts'
import { ConfigErrors } from '../server/config-errors.ts'
import { CONFIG_FILE_FLAG } from './etcd-flags.ts'
import { CONFIG_FILE_BYTES_MAX } from './limits.ts'

/** What the names in a section of TLS are as flags. */
const CLIENT_SECTION: Readonly<Record<string, string>> = {
  'cert-file': 'cert-file',
  'key-file': 'key-file',
  'client-cert-file': 'client-cert-file',
  'client-key-file': 'client-key-file',
  'client-cert-auth': 'client-cert-auth',
  'trusted-ca-file': 'trusted-ca-file',
  'client-crl-file': 'client-crl-file',
  'allowed-hostname': 'client-cert-allowed-hostname',
  'auto-tls': 'auto-tls',
}

const PEER_SECTION: Readonly<Record<string, string>> = {
  'cert-file': 'peer-cert-file',
  'key-file': 'peer-key-file',
  'client-cert-file': 'peer-client-cert-file',
  'client-key-file': 'peer-client-key-file',
  'client-cert-auth': 'peer-client-cert-auth',
  'trusted-ca-file': 'peer-trusted-ca-file',
  'client-crl-file': 'peer-crl-file',
  'allowed-cn': 'peer-cert-allowed-cn',
  'allowed-hostname': 'peer-cert-allowed-hostname',
  'auto-tls': 'peer-auto-tls',
}

const SECTIONS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'client-transport-security': CLIENT_SECTION,
  'peer-transport-security': PEER_SECTION,
}

/**
 * The flags that a file sets, by their names. Throws `QUORATE_CONFIG_INVALID` with the file's name for what cannot be
 * read, is no YAML, or is nothing that could be set.
 */
export function readConfigFile(path: string, isFlag: (name: string) => boolean): Map<string, string> {
  const flags = new Map<string, string>()
  const set = (name: string, flag: string | undefined, value: unknown): void => {
    if (flag === undefined || !isFlag(flag)) throw invalid(path, `there is no ${name}`)
    const text = textOf(path, name, value)
    if (text !== undefined) flags.set(flag, text)
  }
  for (const [name, value] of entriesOf(path, 'it', parseYaml(path, readText(path)))) {
    const section = SECTIONS[name]
    if (section === undefined) set(name, name, value)
    else for (const [key, inner] of entriesOf(path, name, value)) set(`${name}.${key}`, section[key], inner)
  }
  return flags
}

/** A list is what flags separate by commas; what is empty is not set. */
function textOf(path: string, name: string, value: unknown): string | undefined {
  if (value === null || value === '') return undefined
  if (Array.isArray(value)) return value.map(each => textOf(path, name, each)).join(',')
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return String(value)
  throw invalid(path, `${name} is neither text nor a number nor a list`)
}

function entriesOf(path: string, name: string, value: unknown): [string, unknown][] {
  if (value === null || value === undefined) return []
  if (typeof value !== 'object' || Array.isArray(value))
    throw invalid(path, `${name} has no names and values`)
  return Object.entries(value)
}

function parseYaml(path: string, text: string): unknown {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error
    throw invalid(path, `it is no YAML: ${error.message.split('\n')[0]}`)
  }
}

function readText(path: string): string {
  let bytes: Buffer
  try {
    bytes = readFileSync(path)
  } catch (error) {
    throw invalid(path, error instanceof Error ? error.message : String(error))
  }
  if (bytes.length > CONFIG_FILE_BYTES_MAX) throw invalid(path, 'it is too long to be one')
  return bytes.toString('utf8')
}

function invalid(path: string, problem: string): QuorateError {
  return new QuorateError(ConfigErrors.invalid, `--${CONFIG_FILE_FLAG} ${path}: ${problem}`, 'refused', {
    hint: 'see docs/reference/flags.md for what can be set',
  })
}
