/**
 * A node that sends heartbeats to all others, and listens to theirs with the phi accrual failure detector: the smallest
 * program around that core.
 */
import type { ByteReader, ByteWriter } from '../../core/bytes.ts'
import type { NodeId } from '../../core/ids.ts'
import type { Core, SendEffect } from '../../core/sans-io.ts'
import { addMs, type Instant } from '../../core/time.ts'
import {
  AccrualDetector,
  type DetectorEffect,
  type DetectorInput,
} from '../../protocols/phi-accrual/index.ts'

export interface Heartbeat {
  readonly kind: 'heartbeat'
}

export type HeartbeatInput =
  | { readonly kind: 'receive'; readonly from: NodeId; readonly message: Heartbeat }
  | { readonly kind: 'deadline' }

export type HeartbeatEffect = SendEffect<Heartbeat> | DetectorEffect

export const HEARTBEAT_MS = 100

const DETECTOR = { heartbeatMs: HEARTBEAT_MS, threshold: 8, deviationMinMs: 20, stallMs: 50 }

export class HeartbeatNode implements Core<HeartbeatInput, HeartbeatEffect> {
  readonly #others: readonly NodeId[]
  readonly #detector = new AccrualDetector(DETECTOR)
  #hasBegun = false
  #beatAt = 0 as Instant

  constructor(id: NodeId, ids: readonly NodeId[]) {
    this.#others = ids.filter(other => other !== id)
  }

  step(now: Instant, inputs: readonly HeartbeatInput[], out: HeartbeatEffect[]): void {
    const taken: DetectorInput[] = []
    if (!this.#hasBegun) {
      this.#hasBegun = true
      for (const peer of this.#others) taken.push({ kind: 'watch', peer })
    }
    for (const input of inputs)
      taken.push(input.kind === 'receive' ? { kind: 'heard', peer: input.from } : { kind: 'deadline' })
    this.#detector.step(now, taken, out as DetectorEffect[])
    if (now < this.#beatAt) return
    this.#beatAt = addMs(now, HEARTBEAT_MS)
    for (const to of this.#others) out.push({ kind: 'send', to, message: { kind: 'heartbeat' } })
  }

  deadline(): Instant {
    if (!this.#hasBegun) return 0 as Instant
    return Math.min(this.#beatAt, this.#detector.deadline()) as Instant
  }

  check(): void {
    this.#detector.check()
  }

  describe(): string {
    return this.#detector.describe()
  }
}

/** A heartbeat says nothing but that its sender lives. */
export function encodeHeartbeat(_: Heartbeat, to: ByteWriter): void {
  to.u8(1)
}

export function decodeHeartbeat(from: ByteReader): Heartbeat {
  if (from.u8() !== 1) throw from.error('no heartbeat')
  return { kind: 'heartbeat' }
}
