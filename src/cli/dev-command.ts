/** `quorate dev`: a local cluster, one process per node, kept alive until Ctrl-C. */
import { readFileSync, statSync } from 'node:fs'
import { QuorateError } from '../core/errors.ts'
import { DiskError } from '../runtime/disk.ts'
import { onStopSignal } from '../runtime/node/child-process.ts'
import { nodeDisk } from '../runtime/node/disk.ts'
import { nodeClock } from '../runtime/node/index.ts'
import { ConfigErrors } from '../server/config-errors.ts'
import { directoryFailed } from '../storage/data-directory-errors.ts'
import { colors as pc } from './colors.ts'
import { type DevNode, devLayout, serverArguments } from './dev-layout.ts'
import { type DevTls, devTls } from './dev-tls.ts'
import { ExitCode } from './exit-codes.ts'
import { reportError } from './report-error.ts'
import { Supervisor } from './supervisor.ts'
import { formatTable } from './table.ts'

export interface DevOptions {
  readonly nodes: number
  readonly dataDir: string
  readonly consensus: string
  /** With certificates, for clients and between the nodes. */
  readonly tls?: boolean
  /** The program itself, to be started once per node. */
  readonly program: string
}

const READY_TEXT = 'ready to serve client requests'

/** Runs until it is stopped; resolves to the exit status. */
export async function runDev(options: DevOptions): Promise<number> {
  const nodes = devLayout(options.nodes, options.dataDir, options.tls ? 'https' : 'http')
  if (options.dataDir === '') throw new QuorateError(ConfigErrors.invalid, '--data-dir must not be empty')
  try {
    nodeDisk().makeDirectory(options.dataDir)
  } catch (error) {
    if (!(error instanceof DiskError)) throw error
    reportError(directoryFailed(options.dataDir, error))
    return ExitCode.refused
  }
  const tls = options.tls ? devTls(options.dataDir) : undefined
  const logStarts = new Map(nodes.map(node => [node, logSize(node)]))
  return new Promise(resolve => {
    let stopping = false
    const stop = (status: number): void => {
      if (stopping) return
      stopping = true
      clearInterval(readiness)
      supervisor.stop(() => resolve(status))
    }
    const supervisor = new Supervisor({
      clock: nodeClock(),
      program: options.program,
      nodes,
      argumentsOf: node => serverArguments(node, nodes, options.consensus, tls?.serverFlags),
      restarted: (node, pid, exit) =>
        say(
          `${pc.yellow(node.name)} died (${exit.signal ?? `status ${exit.status}`}), started again as pid ${pid}`,
        ),
      gaveUp: node => {
        say(pc.red(`${node.name} does not start:`))
        const reason = lastLine(node, logStarts.get(node) ?? 0)
        say(reason)
        // Nothing else makes another cluster out of the same directory: names, ports and token are always the same.
        if (reason.includes('[QUORATE_DATA_DIR_FOREIGN_CLUSTER]')) {
          say(
            `${options.dataDir} was made with another --nodes, or with or without --tls: start it as before, or give another --data-dir`,
          )
        }
        stop(ExitCode.refused)
      },
    })
    const readiness = setInterval(() => {
      if (!nodes.every(node => logSince(node, logStarts.get(node) ?? 0).includes(READY_TEXT))) return
      clearInterval(readiness)
      announce(nodes, supervisor, options.dataDir, tls)
    }, 50)
    onStopSignal(() => {
      say('stopping ...')
      stop(ExitCode.ok)
    })
  })
}

function announce(
  nodes: readonly DevNode[],
  supervisor: Supervisor,
  dataDir: string,
  tls: DevTls | undefined,
): void {
  const rows = nodes.map(node => [node.name, String(supervisor.pidOf(node)), node.clientUrl])
  say(formatTable(['NAME', 'PID', 'CLIENT URL'], rows))
  say('')
  say(`The cluster is ready; its data and logs are in ${dataDir}/. Try, in another terminal:`)
  say('')
  if (tls === undefined) {
    say(pc.cyan('  node bin/quorate.js kv put hello world && node bin/quorate.js kv get hello'))
  } else {
    const flags = `--endpoints ${nodes[0]!.clientUrl} ${tls.clientFlags}`
    say(pc.cyan(`  node bin/quorate.js kv put hello world ${flags}`))
    say(pc.cyan(`  etcdctl ${flags} get hello`))
  }
  say(pc.cyan(`  kill -9 ${supervisor.pidOf(nodes[0]!)}    # any node, any time`))
  if (tls === undefined) say(pc.cyan('  node bin/quorate.js status'))
  say('')
  say('Ctrl-C stops all nodes.')
}

function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

function logSize(node: DevNode): number {
  try {
    return statSync(node.logFile).size
  } catch {
    return 0
  }
}

function logSince(node: DevNode, offset: number): string {
  try {
    return readFileSync(node.logFile).subarray(offset).toString('utf8')
  } catch {
    return ''
  }
}

/** What the node said last: a refusal is one line of plain text (see `reportError`). */
function lastLine(node: DevNode, offset: number): string {
  return logSince(node, offset).trimEnd().split('\n').at(-1) ?? ''
}
