/** One task in a process of its own, so that memory and input and output are those of one engine. */
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { restart, writeUntilKilled } from './kill-tasks.ts'
import { measureInOrder, measurePhases } from './phases.ts'
import { judge, lose } from './power-loss-tasks.ts'
import type { Note } from './store-figures.ts'
import type { Message, Task } from './tasks.ts'

function say(message: Message): void {
  writeSync(1, `${JSON.stringify(message)}\n`)
}

const note: Note = (figure, value) => say({ kind: 'figure', figure, value })

async function run(task: Task): Promise<void> {
  switch (task.kind) {
    case 'phases':
      return measurePhases(task, note)
    case 'inOrder':
      return measureInOrder(task, note)
    case 'writeUntilKilled':
      return writeUntilKilled(task, () => say({ kind: 'ready' }))
    case 'restart':
      return restart(task, note)
    case 'lose': {
      await lose(task, async () => {
        say({ kind: 'durable' })
        await once(process.stdin, 'data')
      })
      say({ kind: 'ready' })
      // Nothing is closed: that would sync. The parent kills.
      await new Promise(resolve => setTimeout(resolve, 60_000))
      return
    }
    case 'judge':
      return say({ kind: 'outcome', ...(await judge(task)) })
  }
}

// A parent that is gone can kill nobody any more.
process.stdin.once('end', () => process.exit(1)).resume()
await run(JSON.parse(process.argv[2]!) as Task)
process.exit(0)
