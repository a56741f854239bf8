/** `quorate lock` and `quorate elect`: to hold something while a command runs, or until the program is stopped. */
import { spawn } from 'node:child_process'
import type { Client } from '../client/client.ts'
import type { Holding } from '../client/index.ts'
import { QuorateError } from '../core/errors.ts'
import { utf8Text } from '../core/utf8.ts'
import { ExitCode } from './exit-codes.ts'
import { jsonBytes } from './json-pair.ts'
import { formatLeaseId } from './lease-commands.ts'
import { print, printBytes } from './output.ts'
import { formatTable } from './table.ts'

export interface HoldFlags {
  readonly ttl: number
  readonly list?: boolean
  readonly json?: boolean
}

/** Returns the exit status: that of the command, if there is one. */
export async function lock(
  client: Client,
  name: string,
  command: readonly string[],
  flags: HoldFlags,
): Promise<number> {
  if (flags.list) return list(client, name, flags.json === true)
  const stop = stopSignal()
  const held = await client.lock(name, { ttlSeconds: flags.ttl, signal: stop })
  // Some put two dashes between a command of their own and that of another program.
  const [program, ...args] = command[0] === '--' ? command.slice(1) : command
  if (program !== undefined) return during(held, run(held, stop, program, args))
  tell(held, flags.json === true)
  return during(held, aborted(stop))
}

export async function elect(client: Client, name: string, value: string, flags: HoldFlags): Promise<number> {
  const stop = stopSignal()
  const held = await client.elect(name, value, { ttlSeconds: flags.ttl, signal: stop })
  tell(held, flags.json === true)
  if (!flags.json) print(value)
  return during(held, aborted(stop))
}

/** Prints who is elected, each time when that changes. */
export async function listen(client: Client, name: string, json: boolean): Promise<number> {
  for await (const { key, value, createRevision } of client.observe(name, stopSignal())) {
    if (json) {
      const pair = { ...jsonBytes('key', key), ...jsonBytes('value', value) }
      print(JSON.stringify({ ...pair, token: createRevision }))
      continue
    }
    printBytes(key)
    printBytes(value)
  }
  return ExitCode.ok
}

/** Who has it, and who waits. */
async function list(client: Client, name: string, json: boolean): Promise<number> {
  const contenders = (await client.contenders(name)).map((kv, i) => ({
    kv,
    state: i === 0 ? 'holds' : 'waits',
  }))
  if (json) {
    for (const { kv, state } of contenders) {
      const { key, createRevision: token, lease } = kv
      print(JSON.stringify({ state, ...jsonBytes('key', key), token, lease: formatLeaseId(lease) }))
    }
    return ExitCode.ok
  }
  const rows = contenders.map(({ kv, state }) => [
    state,
    utf8Text(kv.key),
    String(kv.createRevision),
    formatLeaseId(kv.lease),
  ])
  print(formatTable(['STATE', 'KEY', 'TOKEN', 'LEASE'], rows))
  return ExitCode.ok
}

function tell({ key, token }: Holding, json: boolean): void {
  if (json) return print(JSON.stringify({ ...jsonBytes('key', key), token }))
  printBytes(key)
}

/** Aborted by Ctrl-C, or by whoever asks the program to end. */
function stopSignal(): AbortSignal {
  const controller = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => controller.abort())
  return controller.signal
}

function aborted(signal: AbortSignal): Promise<number> {
  return new Promise(resolve => {
    if (signal.aborted) resolve(ExitCode.ok)
    signal.addEventListener('abort', () => resolve(ExitCode.ok))
  })
}

/** Whatever ends first: what is done under it, or that it is held. Throws if it was lost. */
async function during(held: Holding, work: Promise<number>): Promise<number> {
  const lost = new Promise<never>((_, reject) => {
    held.signal.addEventListener('abort', () => reject(held.signal.reason))
  })
  try {
    return await Promise.race([work, lost])
  } finally {
    if (!held.signal.aborted) await held.release()
  }
}

/** The command learns from its environment what it runs under; it is stopped when the program is, and on a loss. */
function run(held: Holding, stop: AbortSignal, program: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const env = {
      ...process.env,
      QUORATE_LOCK_KEY: utf8Text(held.key),
      QUORATE_LOCK_TOKEN: String(held.token),
      // Where etcdctl puts them.
      ETCD_LOCK_KEY: utf8Text(held.key),
      ETCD_LOCK_REV: String(held.token),
    }
    const child = spawn(program, [...args], { stdio: 'inherit', env })
    const end = (): void => {
      child.kill('SIGTERM')
    }
    stop.addEventListener('abort', end)
    held.signal.addEventListener('abort', end)
    child.once('error', error => reject(notStarted(program, error)))
    child.once('close', status => resolve(status ?? ExitCode.failed))
  })
}

function notStarted(program: string, cause: Error): QuorateError {
  const message = `${program} cannot be started: ${cause.message}`
  return new QuorateError('QUORATE_COMMAND_NOT_STARTED', message, 'refused', {
    hint: 'Check its name, and that it may be run. The lock was given back.',
    cause,
  })
}
