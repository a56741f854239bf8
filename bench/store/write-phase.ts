/** One phase of writing, with all that is measured of it. */
import { setImmediate as turn } from 'node:timers/promises'
import { cpuMs, writtenBytes } from './process-usage.ts'
import type { Workload } from './workload.ts'
import { settled, type Writer } from './writer.ts'

export const BATCH_PUTS = 100

export interface WriteCost {
  /** From the first batch until everything is durable; and thereof in calls of the engine. */
  readonly micros: number
  readonly callMicros: number
  /** Of the processor, until what goes on behind it has come to rest. */
  readonly cpuMicros: number
  /** Bytes that reached the system for each byte of keys and values, until it rests. */
  readonly amplification: number
  readonly restMs: number
}

/** Puts the numbers that `next` draws; costs are for one put. */
export async function putAll(
  writer: Writer,
  workload: Workload,
  puts: number,
  next: (i: number) => number,
): Promise<WriteCost> {
  const handedIn = workload.bytes
  const written = writtenBytes()
  const cpu = cpuMs()
  const start = performance.now()
  let outsideMs = 0
  let outsideCpuMs = 0
  const callsMs = writer.callsMs
  for (let i = 0; i < puts; ) {
    const made = performance.now()
    const madeCpu = cpuMs()
    const numbers: number[] = []
    for (const end = Math.min(puts, i + BATCH_PUTS); i < end; i++) numbers.push(next(i))
    const operations = workload.batch(numbers)
    outsideCpuMs += cpuMs() - madeCpu
    outsideMs += performance.now() - made
    await writer.write(operations)
    await writer.relieved()
    await turn()
  }
  await writer.flush()
  const ms = performance.now() - start - outsideMs
  const spentMs = writer.callsMs - callsMs
  const restMs = await settled()
  return {
    micros: (ms * 1_000) / puts,
    callMicros: (spentMs * 1_000) / puts,
    cpuMicros: ((cpuMs() - cpu - outsideCpuMs) * 1_000) / puts,
    amplification: (writtenBytes() - written) / (workload.bytes - handedIn),
    restMs,
  }
}
