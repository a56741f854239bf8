/** Kills an engine's process in the middle of writing, and starts another on what it left. */
import { setTimeout as delay } from 'node:timers/promises'
import { randomFromSeed } from '../../src/core/prng.ts'
import type { EngineName } from './engine-names.ts'
import type { Message } from './tasks.ts'
import { runTask, startWorker } from './worker.ts'

const KILLS = 3
const WRITING_MS_MIN = 300
const WRITING_MS_MAX = 1_500

export interface KillOptions {
  readonly engine: EngineName
  /** With all keys in it. */
  readonly directory: string
  readonly keys: number
  readonly checkpointBytes: number
}

/** Hears how long each start took. */
export async function killAndRestart(options: KillOptions, hear: (message: Message) => void): Promise<void> {
  const random = randomFromSeed(7)
  for (let attempt = 0; attempt < KILLS; attempt++) {
    const worker = startWorker({ kind: 'writeUntilKilled', attempt, ...options })
    let isWriting = false
    for await (const _ of worker.messages) {
      isWriting = true
      await delay(WRITING_MS_MIN + random.below(WRITING_MS_MAX - WRITING_MS_MIN))
      worker.kill()
    }
    await worker.ended
    if (!isWriting) {
      // LMDB without its own syncs has been seen to be beyond use after a kill: that is a result too.
      process.stderr.write(`  ${options.engine} cannot write after kill ${attempt}\n${worker.errors()}\n`)
      return
    }
    await runTask({ kind: 'restart', ...options }, hear)
  }
}
