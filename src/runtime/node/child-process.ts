/** Other processes of this program, for the local cluster: start, watch, stop. */
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { Socket } from 'node:net'

export interface ChildOptions {
  readonly program: string
  readonly args: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  /** Receives standard output and standard error, appended. */
  readonly logFile: string
}

export interface ChildExit {
  /** Null if a signal ended it. */
  readonly status: number | null
  readonly signal: string | null
}

export interface ChildProcess {
  readonly pid: number
  signal(name: 'SIGTERM' | 'SIGKILL'): void
}

/**
 * Runs a Node.js program as a child whose standard input is a pipe from us: it ends when we do, however we
 * end, so a child that watches it never outlives its parent.
 */
export function startChild(options: ChildOptions, exited: (exit: ChildExit) => void): ChildProcess {
  const log = openSync(options.logFile, 'a')
  const child = spawn(process.execPath, [options.program, ...options.args], {
    env: { ...process.env, ...options.environment },
    stdio: ['pipe', log, log],
  })
  closeSync(log)
  let ended = false
  const end = (exit: ChildExit): void => {
    if (ended) return
    ended = true
    exited(exit)
  }
  child.on('error', () => end({ status: 127, signal: null }))
  child.on('exit', (status, signal) => end({ status, signal }))
  child.stdin?.on('error', () => {})
  return { pid: child.pid ?? 0, signal: name => void child.kill(name) }
}

/** Calls back when the other end of standard input is gone. */
export function onParentGone(gone: () => void): void {
  process.stdin.on('close', gone)
  process.stdin.on('end', gone)
  process.stdin.on('error', gone)
  process.stdin.resume()
  // To watch is no reason to live: a node that has stopped ends though its parent is there.
  if (process.stdin instanceof Socket) process.stdin.unref()
}

/** Calls back at the first SIGINT or SIGTERM; a second one ends the process at once. */
export function onStopSignal(stop: () => void): void {
  let asked = false
  const handle = (): void => {
    if (asked) process.exit(130)
    asked = true
    stop()
  }
  process.on('SIGINT', handle)
  process.on('SIGTERM', handle)
}

/** An error that nobody caught is a broken invariant: `halt` says why before the process ends. */
export function onUncaughtError(halt: (reason: Error) => never): void {
  const handle = (reason: unknown): never =>
    halt(reason instanceof Error ? reason : new Error(String(reason)))
  process.on('uncaughtException', handle)
  process.on('unhandledRejection', handle)
}
