/** Starts `child.ts` with a task and hears what it says. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import type { Message, Task } from './tasks.ts'

const CHILD = fileURLToPath(new URL('./child.ts', import.meta.url))

export interface Worker {
  /** Ends with the process: how it ended is in `ended`. */
  readonly messages: AsyncIterable<Message>
  /** 0 for success, another code, or a signal's name. */
  readonly ended: Promise<number | NodeJS.Signals>
  /** What it said on its way out, for people. */
  errors(): string
  goOn(): void
  kill(): void
}

export function startWorker(task: Task): Worker {
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, JSON.stringify(task)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk.toString()
  })
  const ended = new Promise<number | NodeJS.Signals>(resolve =>
    child.once('close', (code, signal) => resolve(signal ?? code ?? 1)),
  )
  const lines = createInterface({ input: child.stdout })
  return {
    messages: messagesOf(lines),
    ended,
    errors: () => errors,
    goOn: () => void child.stdin.write('go on\n'),
    kill: () => void child.kill('SIGKILL'),
  }
}

async function* messagesOf(lines: AsyncIterable<string>): AsyncGenerator<Message> {
  for await (const line of lines) yield JSON.parse(line) as Message
}

/** Runs a task to its end. @throws Error if it did not end well */
export async function runTask(task: Task, hear: (message: Message) => void): Promise<void> {
  const worker = startWorker(task)
  for await (const message of worker.messages) hear(message)
  const end = await worker.ended
  if (end !== 0) throw new Error(`${task.engine}, ${task.kind}: ended with ${end}\n${worker.errors()}`)
}
