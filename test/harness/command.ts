/** One run of a command line to its end. */
import { spawn } from 'node:child_process'
import { QUORATE } from './cluster.ts'

export interface CommandOutcome {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  /** Standard output as it came: it need not be text. */
  readonly bytes: Buffer
}

export interface CommandInput {
  readonly stdin?: string | Uint8Array
  readonly environment?: Record<string, string>
  readonly directory?: string
}

export function runCommand(
  command: string,
  args: readonly string[],
  { stdin, environment, directory }: CommandInput = {},
): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: 'pipe',
      env: { ...process.env, ...environment },
      ...(directory === undefined ? {} : { cwd: directory }),
    })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    child.once('error', reject)
    child.once('close', status => {
      const bytes = Buffer.concat(out)
      resolve({ status, bytes, stdout: bytes.toString(), stderr: Buffer.concat(err).toString() })
    })
    // A command that refuses its arguments does not wait for its input.
    child.stdin.on('error', () => {})
    child.stdin.end(stdin)
  })
}

/** `quorate ...` as a process of its own. */
export function quorate(args: readonly string[], input: CommandInput = {}): Promise<CommandOutcome> {
  return runCommand(process.execPath, [QUORATE, ...args], input)
}

export function etcdctl(
  endpoint: string,
  args: readonly string[],
  input: CommandInput = {},
): Promise<CommandOutcome> {
  // Generous: on a busy machine an answer takes its time, and a timeout would look like a failure.
  const all = [`--endpoints=${endpoint}`, '--command-timeout=20s', '--dial-timeout=20s', ...args]
  return runCommand('etcdctl', all, { ...input, environment: { ETCDCTL_API: '3', ...input.environment } })
}
