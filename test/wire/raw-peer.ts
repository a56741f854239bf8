/** The other end of an HTTP/2 connection under test: sends what it is told, also what nobody should. */
import { concatBytes } from '../../src/core/bytes.ts'
import { addMs, type Instant } from '../../src/core/time.ts'
import type { ConnectionEngine } from '../../src/wire/engine.ts'
import { HeaderField } from '../../src/wire/hpack/header-field.ts'
import { HpackDecoder } from '../../src/wire/hpack/hpack-decoder.ts'
import { HpackEncoder } from '../../src/wire/hpack/hpack-encoder.ts'
import { Flag, FrameType, PREFACE, readU31, readU32 } from '../../src/wire/http2/frame.ts'

export const START = 1_000_000 as Instant

export type Pair = readonly [name: string, value: string]

export interface RawFrame {
  readonly type: number
  readonly flags: number
  readonly streamId: number
  readonly payload: Uint8Array
}

const TYPE_NAMES = Object.entries(FrameType).map(([name]) =>
  name.replace(/[A-Z]/g, c => `_${c}`).toUpperCase(),
)
const ERRORS = [
  'NO_ERROR',
  'PROTOCOL_ERROR',
  'INTERNAL_ERROR',
  'FLOW_CONTROL_ERROR',
  'SETTINGS_TIMEOUT',
  'STREAM_CLOSED',
  'FRAME_SIZE_ERROR',
  'REFUSED_STREAM',
  'CANCEL',
  'COMPRESSION_ERROR',
  'CONNECT_ERROR',
  'ENHANCE_YOUR_CALM',
]

export function bytesOf(...parts: (number | string | Uint8Array | readonly number[])[]): Uint8Array {
  return concatBytes(
    parts.map(part => {
      if (typeof part === 'number') return Uint8Array.of(part)
      if (typeof part === 'string') return Uint8Array.from(part, c => c.charCodeAt(0))
      return Uint8Array.from(part)
    }),
  )
}

export function u32(value: number): number[] {
  return [(value >>> 24) & 255, (value >>> 16) & 255, (value >>> 8) & 255, value & 255]
}

export function frame(
  type: number,
  flags: number,
  streamId: number,
  payload: Uint8Array | readonly number[],
): Uint8Array {
  const bytes = new Uint8Array(9 + payload.length)
  bytes.set([payload.length >> 16, payload.length >> 8, payload.length, type, flags, ...u32(streamId)])
  bytes.set(payload, 9)
  return bytes
}

export function settings(...pairs: [number, number][]): Uint8Array {
  const payload = pairs.flatMap(([id, value]) => [id >> 8, id & 255, ...u32(value)])
  return frame(FrameType.settings, 0, 0, payload)
}

export const SETTINGS_ACK: Uint8Array = frame(FrameType.settings, Flag.ack, 0, [])

export function windowUpdate(streamId: number, increment: number): Uint8Array {
  return frame(FrameType.windowUpdate, 0, streamId, u32(increment))
}

export function ping(low: number, flags = 0): Uint8Array {
  return frame(FrameType.ping, flags, 0, [0, 0, 0, 0, ...u32(low)])
}

export function rst(streamId: number, code: number): Uint8Array {
  return frame(FrameType.rstStream, 0, streamId, u32(code))
}

export function goAway(lastStreamId: number, code: number, text = ''): Uint8Array {
  return frame(FrameType.goAway, 0, 0, bytesOf(u32(lastStreamId), u32(code), text))
}

/** A gRPC message with its prefix. */
export function message(body: Uint8Array | string, flag = 0): Uint8Array {
  return bytesOf(flag, u32(body.length), body)
}

export const GRPC_REQUEST: readonly Pair[] = [
  [':method', 'POST'],
  [':scheme', 'http'],
  [':path', '/test.Test/Echo'],
  [':authority', 'here'],
  ['content-type', 'application/grpc'],
  ['te', 'trailers'],
]

/** The same with another path, or with more fields. */
export function request(path: string, ...more: Pair[]): Pair[] {
  return [...GRPC_REQUEST.map(([n, v]): Pair => (n === ':path' ? [n, path] : [n, v])), ...more]
}

export class RawPeer {
  readonly engine: ConnectionEngine
  readonly encoder = new HpackEncoder()
  readonly decoder = new HpackDecoder()
  now: Instant = START
  /** What the engine's `write` is answered with. */
  writable = true
  #received: Uint8Array = new Uint8Array(0)

  constructor(engine: ConnectionEngine) {
    this.engine = engine
  }

  /** A client's hello, and the server's taken. */
  greet(...pairs: [number, number][]): this {
    this.send(PREFACE, settings(...pairs), SETTINGS_ACK)
    this.take()
    return this
  }

  send(...parts: Uint8Array[]): void {
    for (const part of parts) this.engine.receive(this.now, part)
  }

  block(fields: readonly Pair[], indexing: 'always' | 'once' = 'once'): Uint8Array {
    this.encoder.begin()
    for (const [name, value] of fields) this.encoder.field(new HeaderField(name, value, indexing))
    return this.encoder.end().slice()
  }

  headers(
    streamId: number,
    fields: readonly Pair[] = GRPC_REQUEST,
    flags: number = Flag.endHeaders,
  ): Uint8Array {
    return frame(FrameType.headers, flags, streamId, this.block(fields))
  }

  data(streamId: number, payload: Uint8Array, flags: number = Flag.none): Uint8Array {
    return frame(FrameType.data, flags, streamId, payload)
  }

  /** A whole unary call. */
  call(streamId: number, body: Uint8Array | string, fields: readonly Pair[] = GRPC_REQUEST): Uint8Array {
    return bytesOf(this.headers(streamId, fields), this.data(streamId, message(body), Flag.endStream))
  }

  waitMs(ms: number): void {
    this.now = addMs(this.now, ms)
    if (this.engine.deadline() <= this.now) this.engine.onDeadline(this.now)
  }

  drain(): void {
    this.writable = true
    this.engine.drained(this.now)
  }

  /** The frames that the engine sends now. */
  frames(): RawFrame[] {
    this.engine.flush(this.now, {
      write: bytes => {
        this.#received = concatBytes([this.#received, bytes])
        return this.writable
      },
    })
    const frames: RawFrame[] = []
    let at = 0
    const bytes = this.#received
    while (bytes.length - at >= 9) {
      const length = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!
      const payload = bytes.slice(at + 9, at + 9 + length)
      frames.push({ type: bytes[at + 3]!, flags: bytes[at + 4]!, streamId: readU31(bytes, at + 5), payload })
      at += 9 + length
    }
    this.#received = bytes.slice(at)
    return frames
  }

  /** The same, a line each. */
  take(): string[] {
    return this.frames().map(each => this.describe(each))
  }

  /** Lines of one kind. */
  taken(kind: string): string[] {
    return this.take().filter(line => line.startsWith(kind))
  }

  describe({ type, flags, streamId, payload }: RawFrame): string {
    const name = `${TYPE_NAMES[type] ?? type} ${streamId}`
    const end = (flags & 1) !== 0
    switch (type) {
      case FrameType.headers: {
        const fields: HeaderField[] = []
        this.decoder.decode(payload, 0, payload.length, fields, 1e9)
        const text = fields.map(field => `${field.name}=${field.value}`).join(' ')
        return `${name}${end ? ' END' : ''} ${text}`
      }
      case FrameType.data:
        return `${name}${end ? ' END' : ''} ${payload.length}`
      case FrameType.rstStream:
        return `${name} ${ERRORS[readU32(payload, 0)]}`
      case FrameType.goAway: {
        const text = String.fromCharCode(...payload.subarray(8))
        return `${name} ${readU31(payload, 0)} ${ERRORS[readU32(payload, 4)]} ${text}`.trim()
      }
      case FrameType.windowUpdate:
        return `${name} ${readU31(payload, 0)}`
      case FrameType.ping:
        return `${name}${end ? ' ACK' : ''} ${readU32(payload, 4)}`
      case FrameType.settings:
        return `${name}${end ? ' ACK' : ''}`
      default:
        return name
    }
  }
}
