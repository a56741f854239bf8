/** The commands that read and write keys, as the program lists them. */
import { type Command, Option } from 'commander'
import type { Client } from '../client/client.ts'
import { leaseId, wholeNumber } from './arguments.ts'
import { type ClientFlags, withClientFlags } from './client-flags.ts'
import { del, exportPairs, get, put, watch } from './kv-commands.ts'

type WithClient = (flags: ClientFlags, run: (client: Client) => Promise<void>) => Promise<void>

/** Three ways to say which keys; together they would contradict each other. */
const prefix = (): Option =>
  new Option('--prefix', 'all keys that begin with <key>').conflicts(['fromKey', 'rangeEnd'])
const fromKey = (): Option => new Option('--from-key', 'all keys from <key> on').conflicts('rangeEnd')

function withKeys(command: Command): Command {
  return command
    .addOption(prefix())
    .addOption(fromKey())
    .option('--range-end <key>', 'keys up to this one (excluded)')
}

/** What `get` reads and prints, alone and in a transaction. */
export function withGetFlags(command: Command): Command {
  return withKeys(command)
    .option('--limit <n>', 'at most so many', wholeNumber)
    .option('--rev <n>', 'at this revision', wholeNumber)
    .option('--keys-only', 'no values')
    .addOption(new Option('--count-only', 'only how many').conflicts('keysOnly'))
    .addOption(new Option('--print-value-only', 'no keys').conflicts(['keysOnly', 'countOnly', 'json']))
}

export function withPutFlags(command: Command): Command {
  return command
    .addOption(new Option('--lease <id>', 'the lease that it goes with').argParser(leaseId))
    .option('--prev-kv', 'also print what was there before')
}

export function withDeleteFlags(command: Command): Command {
  return withKeys(command).option('--prev-kv', 'also print what was deleted')
}

export function addKvCommands(program: Command, withClient: WithClient): void {
  const kv = program.command('kv').description('read and write keys')
  const command = (name: string, description: string): Command =>
    withClientFlags(kv.command(name).description(description))

  withGetFlags(command('get <key>', 'print a key and its value, or many'))
    .option('--serializable', 'what the node has, possibly old, without asking a quorum')
    .option('--json', 'one JSON object a line')
    .action((key, flags) => withClient(flags, client => get(client, key, flags)))
  withPutFlags(command('put <key> <value>', 'write a key'))
    .option('--json', 'one JSON object a line')
    .action((key, value, flags) => withClient(flags, client => put(client, key, value, flags)))
  withDeleteFlags(command('del <key>', 'delete a key, or many; prints how many'))
    .option('--json', 'one JSON object a line')
    .action((key, flags) => withClient(flags, client => del(client, key, flags)))
  command(
    'txn',
    "what is done if conditions hold, and what if not, as one step; etcdctl's lines on standard input",
  )
    .option('--json', 'one JSON object')
    .action(async flags => {
      const { txn } = await import('./txn-command.ts')
      await withClient(flags, client => txn(client, flags))
    })
  withKeys(command('watch <key>', 'print what happens to a key, or to many, until it is stopped'))
    .option('--rev <n>', 'from this revision on, also one in the past', wholeNumber)
    .option('--prev-kv', 'also print what was there before')
    .option('--progress-notify', 'also print how far it is, while nothing happens')
    .option('--json', 'one JSON object a line')
    .action((key, flags) => withClient(flags, client => watch(client, key, flags)))
  command(
    'import [file]',
    'write pairs from JSON lines {"key":..,"value":..} (standard input without a file)',
  )
    .option('--json', 'the summary as JSON')
    .action(async (file, flags) => {
      const { importFile } = await import('./import-command.ts')
      await withClient(flags, client => importFile(client, file ?? '-', flags))
    })
  command('export', 'print all pairs as JSON lines, at one revision')
    .option('--prefix <prefix>', 'only keys that begin with it', '')
    .action(flags => withClient(flags, client => exportPairs(client, flags.prefix)))
}
