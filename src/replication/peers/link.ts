/**
 * One connection that carries frames, dialled or accepted. Frames are encoded straight into a buffer whose
 * pieces lie next to each other, so that all of one turn leave in one write, and which is used again once the system
 * has taken them. It pings when it has nothing to say, and closes when it hears nothing.
 */
import { ByteWriter, DecodeError } from '../../core/bytes.ts'
import type { Checksum } from '../../core/crc32c.ts'
import type { GroupId } from '../../core/ids.ts'
import { buggify, probe } from '../../core/seams.ts'
import type { Traffic } from '../../core/traffic.ts'
import type { Connection, ConnectionHandlers, NetworkError } from '../../runtime/network.ts'
import {
  FRAME_BYTES_MAX,
  FRAME_KIND,
  FrameDecoder,
  GREETING_FRAME_BYTES_MAX,
  NO_GROUP,
  writeFrame,
} from '../../wire/frame/index.ts'

export interface LinkHost {
  /** Where its bytes are counted; absent: nowhere. */
  readonly traffic?: Traffic
  frame(kind: number, group: GroupId, payload: Uint8Array): void
  /** What came cannot be a frame; the link closes. */
  damaged(error: DecodeError): void
  drained(): void
  /** Comes once, unless the link was abandoned; nothing comes after it. */
  closed(reason: string): void
}

export class Link implements ConnectionHandlers {
  readonly #checksum: Checksum
  readonly #decoder: FrameDecoder
  readonly #writer: ByteWriter
  #host: LinkHost | undefined
  #connection: Connection | undefined
  #reason = 'closed by the other end'
  #closing = false
  #paused = false
  #spoke = false
  #heard = false
  #silentSweeps = 0

  /** @param bufferBytes what frames are encoded into, at a time. */
  constructor(checksum: Checksum, bufferBytes: number, host: LinkHost) {
    this.#checksum = checksum
    this.#writer = new ByteWriter(bufferBytes)
    this.#host = host
    this.#decoder = new FrameDecoder(checksum, this.#take, GREETING_FRAME_BYTES_MAX)
  }

  /** The connection whose handlers this link is. */
  attach(connection: Connection): void {
    this.#connection = connection
  }

  get remote(): string {
    return this.#connection?.remote ?? ''
  }

  /** The other end has said who it is: from now on it may send large frames. */
  trust(): void {
    this.#decoder.frameBytesMax = FRAME_BYTES_MAX
  }

  /** False when so much is waiting that the caller should stop until `drained`. */
  send(kind: number, group: GroupId, encode: (to: ByteWriter) => void): boolean {
    if (this.#closing || this.#connection === undefined) return true
    this.#spoke = true
    // What the collector would have to take away stops those who are served for longer than anything that is sent.
    if (this.#connection.bufferedBytes() === 0) this.#writer.rewind()
    writeFrame(this.#writer, this.#checksum, kind, group, encode)
    const frame = this.#writer.finish()
    if (this.#host?.traffic !== undefined) this.#host.traffic.sentBytes += frame.length
    return this.#connection.write(frame)
  }

  waitingBytes(): number {
    return this.#connection?.bufferedBytes() ?? 0
  }

  pause(): void {
    this.#paused = true
    this.#connection?.pause()
  }

  resume(): void {
    this.#paused = false
    this.#connection?.resume()
  }

  /**
   * Called once in every ping interval. It counts sweeps instead of reading the clock: when this process was
   * stopped for a while, its peers were not silent, and their bytes are still waiting to be read.
   */
  sweep(silentSweepsMax: number): void {
    if (!this.#spoke) this.send(FRAME_KIND.ping, NO_GROUP, encodeNothing)
    this.#spoke = false
    this.#silentSweeps = this.#heard || this.#paused ? 0 : this.#silentSweeps + 1
    this.#heard = false
    if (buggify('peers: a connection is closed for no reason')) return this.close('closed for no reason')
    if (this.#silentSweeps < silentSweepsMax) return
    if (!this.#closing) probe('peers: a connection was silent for too long')
    this.cut('nothing was heard for too long')
  }

  /** Closes at once, also where it was to end in order and the other end never does. */
  cut(reason: string): void {
    this.close(reason)
    this.#connection?.destroy()
  }

  /** Closes at once; the host hears of it. */
  close(reason: string): void {
    if (this.#closing) return
    this.#closing = true
    this.#reason = reason
    this.#connection?.destroy()
  }

  /** Sends what is waiting, then closes; the host hears of it. */
  end(reason: string): void {
    if (this.#closing) return
    this.#closing = true
    this.#reason = reason
    this.#connection?.end()
  }

  /** Closes at once; the host hears nothing any more. */
  abandon(): void {
    this.#host = undefined
    this.close('abandoned')
  }

  received(bytes: Uint8Array): void {
    if (this.#closing) return
    this.#heard = true
    if (this.#host?.traffic !== undefined) this.#host.traffic.receivedBytes += bytes.length
    try {
      this.#decoder.push(bytes)
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error
      probe('peers: bytes came that are no frame')
      this.#host?.damaged(error)
      this.close(error.message)
    }
  }

  drained(): void {
    this.#host?.drained()
  }

  closed(error: NetworkError | null): void {
    const host = this.#host
    this.#host = undefined
    const reason = this.#closing || error === null ? this.#reason : error.message
    this.#closing = true
    host?.closed(reason)
  }

  readonly #take = (kind: number, group: GroupId, payload: Uint8Array): boolean => {
    const isSignOfLife = kind === FRAME_KIND.ping && payload.length === 0
    if (!isSignOfLife) this.#host?.frame(kind, group, payload)
    return !this.#closing
  }
}

function encodeNothing(): void {}
