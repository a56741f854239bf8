/** `quorate server`: one node, until a signal stops it. */
import { QuorateError } from '../core/errors.ts'
import { onParentGone, onStopSignal, onUncaughtError } from '../runtime/node/child-process.ts'
import { nodeRuntime, pinoLogger } from '../runtime/node/index.ts'
import { type NodeConfig, parseConfig } from '../server/config.ts'
import { ConfigErrors } from '../server/config-errors.ts'
import { JOBS_THREAD_URL } from '../server/jobs-thread-url.ts'
import { startNode } from '../server/node.ts'
import { ETCD_VERSION } from '../services/etcd/version.ts'
import { flagOf } from './etcd-flags.ts'
import { ExitCode } from './exit-codes.ts'
import { ETCD_FLAGS, FLAG_GROUPS } from './flag-table/index.ts'
import { print } from './output.ts'
import { formatError } from './report-error.ts'
import { readServerFlags } from './server-flags.ts'

/** Of the longest flag that most lines have; longer ones push their text aside. */
const HELP_NAME_WIDTH = 30

/** Resolves to the exit status once the node has stopped, or will not start. */
export async function runServer(args: readonly string[], version: string): Promise<number> {
  if (args.some(arg => arg === '--help' || arg === '-h' || arg === '-help')) {
    print(help())
    return ExitCode.ok
  }
  if (args.some(arg => arg === '--version' || arg === '-version')) {
    print(`quorate Version: ${version}\netcd API Version: ${ETCD_VERSION}`)
    return ExitCode.ok
  }
  try {
    const { config: input, warnings } = await readServerFlags(args, process.env)
    return await run(parseConfig(input, flagOf), warnings)
  } catch (error) {
    // One line at the end of the log: whoever supervises the process shows it.
    process.stderr.write(`${formatError(error).replaceAll('\n', '; ')}\n`)
    return error instanceof QuorateError && error.code === ConfigErrors.invalid
      ? ExitCode.usage
      : ExitCode.refused
  }
}

async function run(config: NodeConfig, warnings: readonly string[]): Promise<number> {
  const log = pinoLogger({ level: levelOf(config.logLevel) }).child({ node: config.name })
  const runtime = nodeRuntime({ log, jobsThread: { entry: JOBS_THREAD_URL } })
  onUncaughtError(reason => runtime.halt(reason))
  for (const warning of warnings) log.warn(warning)
  const node = await startNode(runtime, config)
  return new Promise(resolve => {
    let stopping = false
    const stop = (): void => {
      if (stopping) return
      stopping = true
      log.info('stopping')
      node.stop().then(
        () => {
          log.info('stopped')
          resolve(ExitCode.ok)
        },
        (error: Error) => runtime.halt(error),
      )
    }
    onStopSignal(stop)
    // `quorate dev` holds the other end: a node must not outlive it.
    if (process.env['QUORATE_SUPERVISED'] === '1') onParentGone(stop)
  })
}

/** etcd has two levels above `error`; a logger that shows errors shows those too. */
function levelOf(level: NodeConfig['logLevel']): 'debug' | 'info' | 'warn' | 'error' {
  return level === 'panic' || level === 'fatal' ? 'error' : level
}

function help(): string {
  const lines = [
    'Usage: quorate server [flags]',
    '',
    "Runs one node. The flags and their environment variables are etcd's.",
  ]
  for (const [title, flags] of Object.entries(FLAG_GROUPS)) {
    lines.push('', `${title}:`)
    for (const [name, flag] of Object.entries(flags)) {
      if (flag.kind === 'used') lines.push(`  --${name.padEnd(HELP_NAME_WIDTH)}  ${flag.help}`)
    }
  }
  const names = (kind: string): string =>
    Object.entries(ETCD_FLAGS)
      .filter(([, flag]) => flag.kind === kind)
      .map(([name]) => name)
      .join(', ')
  lines.push('', "With --config-file FILE: reads etcd's YAML, and nothing else counts.")
  lines.push('With --version: prints the versions of quorate and of the API, and ends.')
  lines.push('', 'Each is also a variable: --data-dir is ETCD_DATA_DIR.')
  lines.push('', `Accepted with a warning, without effect: ${names('idle')}`)
  lines.push('', `Refused, because ignoring them would not be safe: ${names('refused')}`)
  return lines.join('\n')
}
