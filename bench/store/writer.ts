/** Writes batches and asks for checkpoints as a node does: when enough has gathered, beside the writes. */
import { setTimeout as delay } from 'node:timers/promises'
import type { Engine, Operation } from './engine.ts'
import { cpuMs, writtenBytes } from './process-usage.ts'

/** The engine rests if it does next to nothing for so long. */
const QUIET_MS = 300
const QUIET_POLL_MS = 50
const QUIET_WAIT_MAX_MS = 120_000

export class Writer {
  /** Time spent in calls of `write`, and how long the last one took. */
  callsMs = 0
  lastCallMs = 0
  readonly #engine: Engine
  readonly #checkpointBytes: number
  #bytesSinceCheckpoint = 0
  #checkpoint: Promise<void> | undefined

  constructor(engine: Engine, checkpointBytes: number) {
    this.#engine = engine
    this.#checkpointBytes = checkpointBytes
  }

  async write(operations: readonly Operation[]): Promise<void> {
    const start = performance.now()
    const writing = this.#engine.write(operations)
    if (writing !== undefined) await writing
    this.lastCallMs = performance.now() - start
    this.callsMs += this.lastCallMs
    for (const { key, value } of operations) this.#bytesSinceCheckpoint += key.length + (value?.length ?? 0)
    if (this.#isDue && this.#checkpoint === undefined) this.#begin()
  }

  /** After each batch: waits if the engine asks for it, or if the next checkpoint is due twice over. */
  async relieved(): Promise<void> {
    const relief = this.#engine.relief?.()
    if (relief !== undefined) await relief
    const isLate = this.#bytesSinceCheckpoint >= 2 * this.#checkpointBytes
    if (isLate && this.#checkpoint !== undefined) await this.#checkpoint
  }

  /** Makes everything durable. */
  async flush(): Promise<void> {
    await this.#checkpoint
    this.#begin()
    await this.#checkpoint
  }

  get #isDue(): boolean {
    return this.#bytesSinceCheckpoint >= this.#checkpointBytes || (this.#engine.isDue ?? false)
  }

  #begin(): void {
    this.#bytesSinceCheckpoint = 0
    this.#checkpoint = this.#engine.checkpoint().finally(() => {
      this.#checkpoint = undefined
    })
  }
}

/** Until what goes on in the background has come to rest; returns how long that took, in milliseconds. */
export async function settled(): Promise<number> {
  const start = performance.now()
  let quietSince = start
  let written = writtenBytes()
  let cpu = cpuMs()
  while (performance.now() - quietSince < QUIET_MS && performance.now() - start < QUIET_WAIT_MAX_MS) {
    await delay(QUIET_POLL_MS)
    const isQuiet = writtenBytes() === written && cpuMs() - cpu < QUIET_POLL_MS / 5
    written = writtenBytes()
    cpu = cpuMs()
    if (!isQuiet) quietSince = performance.now()
  }
  return quietSince - start
}
