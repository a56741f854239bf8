/**
 * The program: `quorate COMMAND`. What each command does lives in a file of its own; those that need more than
 * a client are loaded when they are called, because a script may call the others a thousand times.
 */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Argument, Command, InvalidArgumentError, Option } from 'commander'
import type { Client } from '../client/client.ts'
import { BUGS, type BugName } from '../core/seams.ts'
import { PROTOCOL_NAMES } from '../protocols/protocols.ts'
import { partsOf } from '../server/comma-list.ts'
import { ConfigErrors } from '../server/config-errors.ts'
import { leaseId, wholeNumber } from './arguments.ts'
import { addAuthCommands } from './auth-program.ts'
import { type ClientFlags, withClientFlags } from './client-flags.ts'
import { connectEndpoints } from './connect-endpoints.ts'
import { ExitCode } from './exit-codes.ts'
import { addKvCommands } from './kv-program.ts'
import { grantLease, keepLeaseAlive, listLeases, revokeLease, showLease } from './lease-commands.ts'
import {
  addMember,
  listMembers,
  memberId,
  promoteMember,
  removeMember,
  updateMember,
} from './member-commands.ts'
import { endWithReader } from './output.ts'
import { credentialsOf } from './password.ts'
import { reportError } from './report-error.ts'
import { type EndpointClient, status } from './status-command.ts'

const PROGRAM = fileURLToPath(new URL('../../bin/quorate.js', import.meta.url))

function version(): string {
  const file = new URL('../../package.json', import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

function bugName(text: string): BugName {
  const bug = BUGS.find(name => name === text)
  if (bug === undefined) throw new InvalidArgumentError(`There are: ${BUGS.join(', ')}.`)
  return bug
}

/** Runs a command with a client, which is closed afterwards. */
async function withClient(flags: ClientFlags, run: (client: Client) => Promise<void>): Promise<void> {
  const { client } = connectEndpoints(flags.endpoints, flags, await credentialsOf(flags.user))
  try {
    await run(client)
  } finally {
    client.close()
  }
}

/** As `withClient`, with a client for each endpoint, to ask that very node. */
async function withEndpoints(
  flags: ClientFlags,
  run: (clients: readonly EndpointClient[]) => Promise<void>,
): Promise<void> {
  const { client, perEndpoint } = connectEndpoints(flags.endpoints, flags, await credentialsOf(flags.user))
  try {
    await run(perEndpoint)
  } finally {
    client.close()
    for (const each of perEndpoint) each.client.close()
  }
}

const leaseArgument = (): Argument =>
  new Argument('<id>', 'the id of a lease, in hexadecimal').argParser(leaseId)

function addLease(program: Command): void {
  const lease = program.command('lease').description('keys that go when nobody keeps them alive')
  const command = (name: string, description: string): Command =>
    withClientFlags(lease.command(name).description(description))

  command('grant', 'a new lease; prints its id')
    .argument('<seconds>', 'how long it lives unless it is kept alive', wholeNumber)
    .option('--json', 'as JSON')
    .action((seconds, flags) => withClient(flags, client => grantLease(client, seconds, flags)))
  command('revoke', 'end a lease, and delete the keys that go with it')
    .addArgument(leaseArgument())
    .option('--json', 'as JSON')
    .action((id, flags) => withClient(flags, client => revokeLease(client, id, flags)))
  command('keep-alive', 'keep a lease alive until it is lost or this program is stopped')
    .addArgument(leaseArgument())
    .option('--once', 'renew it once')
    .option('--json', 'as JSON')
    .action((id, flags) => withClient(flags, client => keepLeaseAlive(client, id, flags)))
  command('timetolive', 'how long a lease still lives')
    .addArgument(leaseArgument())
    .option('--keys', 'also print the keys that go with it')
    .option('--json', 'as JSON')
    .action((id, flags) => withClient(flags, client => showLease(client, id, flags)))
  command('list', 'the ids of all leases, the one that is over first coming first')
    .option('--json', 'as JSON')
    .action(flags => withClient(flags, client => listLeases(client, flags)))
}

const memberArgument = (): Argument =>
  new Argument('<id>', 'the id of a member, in hexadecimal').argParser(memberId)

const peerUrls = (): Option =>
  new Option('--peer-urls <urls>', 'where the others reach it, separated by commas')
    .argParser(partsOf)
    .makeOptionMandatory()

function addMemberCommands(program: Command): void {
  const member = program.command('member').description('who the members of the cluster are')
  const command = (name: string, description: string): Command =>
    withClientFlags(member.command(name).description(description)).option('--json', 'as JSON')

  command('list', 'print all members').action(flags =>
    withClient(flags, client => listMembers(client, flags)),
  )
  command('add <name>', 'add a member, and print how its node is to be started')
    .addOption(peerUrls())
    .option('--learner', 'it follows without a vote, until it is promoted')
    .option('--promote', 'it is a learner until it has caught up, and votes from then on')
    .action((name, flags) => withClient(flags, client => addMember(client, name, flags)))
  command('remove', 'remove a member for good; its node stops itself')
    .addArgument(memberArgument())
    .action((id, flags) => withClient(flags, client => removeMember(client, id, flags)))
  command('update', 'say where a member is reached from now on')
    .addArgument(memberArgument())
    .addOption(peerUrls())
    .action((id, flags) => withClient(flags, client => updateMember(client, id, flags)))
  command('promote', 'give a learner that has caught up its vote')
    .addArgument(memberArgument())
    .action((id, flags) => withClient(flags, client => promoteMember(client, id, flags)))
}

function addLock(program: Command): void {
  const ttl = (): Option =>
    new Option('--ttl <seconds>', 'how long it stays taken when this program dies')
      .argParser(wholeNumber)
      .default(60)
  withClientFlags(program.command('lock <name> [command...]'))
    .description(
      'hold a lock while a command runs, or until stopped (then prints its key); flags come before the name',
    )
    .addOption(ttl())
    .option('--list', 'print who holds it and who waits, and take no part')
    .option('--json', 'as JSON')
    .passThroughOptions()
    .action((name, command, flags) =>
      withClient(flags, async client => {
        const { lock } = await import('./lock-commands.ts')
        process.exitCode = await lock(client, name, command, flags)
      }),
    )
  withClientFlags(program.command('decide <key> <value>'))
    .description('settle a key once and for all, and print what it was settled to, whoever came first')
    .option('--json', 'as JSON')
    .action((key, value, flags) =>
      withClient(flags, async client => {
        const { decide } = await import('./decide-command.ts')
        await decide(client, key, value, flags.json === true)
      }),
    )
  withClientFlags(program.command('elect <name> [value]'))
    .description('be elected, and stay so until this program is stopped; without a value: print who is')
    .addOption(ttl())
    .option('--json', 'as JSON')
    .action((name, value, flags) =>
      withClient(flags, async client => {
        const { elect, listen } = await import('./lock-commands.ts')
        const isCandidate = value !== undefined
        process.exitCode = await (isCandidate
          ? elect(client, name, value, flags)
          : listen(client, name, flags.json === true))
      }),
    )
}

function addStatus(program: Command): void {
  withClientFlags(program.command('status'))
    .description('what each endpoint says of itself')
    .option('--json', 'as JSON')
    .action(flags =>
      withEndpoints(flags, async clients => {
        if (!(await status(clients, flags.json === true))) process.exitCode = ExitCode.failed
      }),
    )
}

function addMaintenance(program: Command): void {
  const alarm = program.command('alarm').description('what is wrong with which member, until it is over')
  const alarms = (name: string, description: string): Command =>
    withClientFlags(alarm.command(name).description(description)).option('--json', 'as JSON')

  alarms('list', 'print the alarms that are on').action(async flags => {
    const { listAlarms } = await import('./maintenance-commands.ts')
    await withClient(flags, client => listAlarms(client, flags))
  })
  alarms('disarm', 'lift all of them; NOSPACE lifts itself when there is room again').action(async flags => {
    const { disarm } = await import('./maintenance-commands.ts')
    await withClient(flags, client => disarm(client, flags))
  })
  withClientFlags(program.command('compact'))
    .description('forget the history before a revision')
    .argument('<revision>', 'what the newest was at some time, as answers tell it', wholeNumber)
    .option('--physical', 'return only once it is gone from the store of the node that answers')
    .option('--json', 'as JSON')
    .action(async (revision, flags) => {
      const { compact } = await import('./maintenance-commands.ts')
      await withClient(flags, client => compact(client, revision, flags))
    })
  withClientFlags(program.command('defrag'))
    .description('merge the files of every endpoint, one after the other; they go on serving')
    .option('--json', 'as JSON')
    .action(async flags => {
      const { defragment } = await import('./maintenance-commands.ts')
      await withEndpoints(flags, async clients => {
        process.exitCode = await defragment(clients, flags)
      })
    })
}

function addStore(program: Command): void {
  const store = program.command('store').description('look at the store of a node that is stopped')
  const command = (name: string, description: string): Command =>
    store
      .command(name)
      .description(description)
      .argument('<directory>', "a node's data directory, or the store in it")
      .option('--json', 'as JSON')

  command('verify', 'compare every byte of it with its checksums, and name what is damaged').action(
    async (directory, flags) => {
      const { verifyStore } = await import('./store-verify-command.ts')
      verifyStore(directory, flags.json === true)
    },
  )
  command('stats', 'print what it consists of').action(async (directory, flags) => {
    const { showStoreStats } = await import('./store-stats-command.ts')
    showStoreStats(directory, flags.json === true)
  })
}

function addRecover(program: Command): void {
  program
    .command('recover')
    .description('let one member go on alone, when a majority of its cluster is lost for good')
    .argument('<directory>', "the member's data directory; its node is stopped")
    .option('--yes', 'do it; without, only say what may be lost')
    .option('--json', 'as JSON')
    .action(async (directory, flags) => {
      const { recover } = await import('./recover-command.ts')
      process.exitCode = await recover(directory, flags)
    })
}

function addDev(program: Command): void {
  program
    .command('dev')
    .description('run a local cluster, one process per node, until Ctrl-C')
    .option('--nodes <n>', 'how many nodes, from 1 to 6', wholeNumber, 3)
    .option('--data-dir <directory>', 'where the nodes keep their data', 'data')
    .addOption(
      new Option('--consensus <protocol>', 'the consensus protocol').choices(PROTOCOL_NAMES).default('raft'),
    )
    .option('--tls', 'with certificates of an authority of its own, made in the data directory')
    .action(async flags => {
      const { runDev } = await import('./dev-command.ts')
      process.exitCode = await runDev({ ...flags, program: PROGRAM })
    })
}

function addCerts(program: Command): void {
  program
    .command('certs')
    .description('make a test authority, and certificates of nodes and clients')
    .option('--dir <directory>', 'where to write them', 'certs')
    .option(
      '--hosts <hosts>',
      'names and addresses of the nodes, separated by commas',
      'localhost,127.0.0.1,::1',
    )
    .option('--client <users>', 'users who get a certificate, separated by commas', 'root')
    .option('--days <n>', 'how long they are valid', wholeNumber, 365)
    .option('--authority <directory>', 'sign with the authority in there instead of making one')
    .option('--json', 'as JSON')
    .action(async ({ dir: directory, hosts, client, json = false, ...others }) => {
      const { certs } = await import('./certs-command.ts')
      certs({ ...others, directory, hosts: partsOf(hosts), clients: partsOf(client) }, json)
    })
}

function addServer(program: Command): void {
  program
    .command('server')
    .description("run one node; takes etcd's flags (see quorate server --help)")
    .allowUnknownOption()
    .allowExcessArguments()
    .helpOption(false)
    .action(async () => {
      const { runServer } = await import('./server-command.ts')
      process.exitCode = await runServer(process.argv.slice(3), version())
    })
}

function addSnapshot(program: Command): void {
  const snapshot = program.command('snapshot').description('backups of the whole state')
  withClientFlags(snapshot.command('save <file>'))
    .description('write the state of the node that answers to a file, and check it')
    .option('--json', 'as JSON')
    .action(async (file, flags) => {
      const { saveSnapshot } = await import('./snapshot-commands.ts')
      await withClient(flags, client => saveSnapshot(client, file, flags.json ?? false))
    })
  snapshot
    .command('status <file>')
    .description('check a file that was saved, and say what is in it')
    .option('--json', 'as JSON')
    .action(async (file, flags) => {
      const { snapshotStatus } = await import('./snapshot-commands.ts')
      snapshotStatus(file, flags.json ?? false)
    })
  snapshot
    .command('restore <file> [server-flags...]')
    .description(
      'make the data directory of a member of a new cluster; takes the flags of its quorate server',
    )
    .allowUnknownOption()
    .passThroughOptions()
    .action(async (file, flags) => {
      const { restore } = await import('./snapshot-commands.ts')
      await restore(file, flags)
    })
}

function addSim(program: Command): void {
  program
    .command('sim')
    .description('run whole clusters under faults in virtual time, and judge what they answered')
    .option(
      '--seed <n>',
      'the first seed; the same seed gives the same run (default: a fresh one)',
      wholeNumber,
    )
    .option('--seeds <n>', 'how many seeds, one after another (default: 10; with --seed: 1)', wholeNumber)
    .option('--minutes <n>', 'begin no seed after so many minutes', wholeNumber)
    .option('--scenario <name or file>', 'play a scenario that has a name, or repeat a run that was saved')
    .option(
      '--bug <name>',
      'put a bug of the museum back, and run seeds until it is found (docs/museum.md)',
      bugName,
    )
    .addOption(new Option('--trace', 'print every event, one a line').conflicts('json'))
    .option(
      '--histories <directory>',
      'write what clients asked and were told there, also for Porcupine and Elle',
    )
    .option('--json', 'a line of JSON for each run, and nothing else')
    .addOption(
      new Option('--consensus <protocol>', 'the consensus protocol').choices(PROTOCOL_NAMES).default('raft'),
    )
    .action(async flags => {
      const { runSim } = await import('./sim-command.ts')
      process.exitCode = await runSim(flags)
    })
}

function addLab(program: Command): void {
  program
    .command('lab')
    .description('run one algorithm under a fault in virtual time, and see what happens; alone: list them')
    .argument('[protocol]', 'the algorithm, as quorate lab lists it')
    .option('--nodes <n>', 'how many nodes', wholeNumber)
    .option('--seed <n>', 'the same seed gives the same run (default: 1)', wholeNumber)
    .option('--fault <name>', 'what goes wrong (default: none; an unknown name lists them)')
    .option('--check', 'run random schedules instead, and say what held; with the smallest counter-examples')
    .option('--seeds <n>', 'of --check: how many schedules of each kind (default: 100)', wholeNumber)
    .option('--html <file>', 'write a page with a picture to move through, instead of the transcript')
    .option('--json', 'everything that happened, as JSON')
    .action(async (protocol, flags) => {
      const { runLab } = await import('./lab-command.ts')
      process.exitCode = runLab(protocol, flags)
    })
}

export async function main(): Promise<void> {
  endWithReader()
  const program = new Command('quorate')
    .description(
      'A distributed system in one package: a replicated key-value store that speaks the etcd protocol.',
    )
    .version(version())
    .enablePositionalOptions()
    .configureOutput({
      outputError: (text, write) =>
        write(`${text.trimEnd()} [${ConfigErrors.invalid}]\nhint: quorate --help, quorate COMMAND --help\n`),
    })
    .exitOverride(error => {
      process.exit(error.exitCode === 0 ? ExitCode.ok : ExitCode.usage)
    })
  addDev(program)
  addServer(program)
  addCerts(program)
  addKvCommands(program, withClient)
  addLease(program)
  addMemberCommands(program)
  addAuthCommands(program, withClient)
  addLock(program)
  addStatus(program)
  addMaintenance(program)
  addStore(program)
  addRecover(program)
  addSnapshot(program)
  addSim(program)
  addLab(program)
  try {
    await program.parseAsync()
  } catch (error) {
    process.exitCode = reportError(error)
  }
}

await main()
