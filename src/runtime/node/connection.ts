/**
 * One TCP connection, with TLS or without. What is written within a turn is gathered and leaves in one system
 * call: views that lie next to each other in memory (as a `ByteWriter` hands them out) are joined without
 * copying, small ones are copied together, the rest leaves as a vector.
 */
import type { Socket } from 'node:net'
import { type Connection, type ConnectionHandlers, NetworkError } from '../network.ts'
import {
  GATHER_COPY_BYTES_MAX,
  LINGER_TIMEOUT_MS,
  WRITE_BUFFER_BYTES_HIGH,
  WRITE_BUFFER_BYTES_LOW,
} from './limits.ts'
import { networkError } from './network-error.ts'

export class NodeConnection implements Connection {
  readonly remote: string
  readonly certificateName: string | undefined
  readonly #socket: Socket
  #handlers: ConnectionHandlers | undefined
  #gathered: Uint8Array[] = []
  #gatheredBytes = 0
  #flushing = false
  /** The caller was told to stop and waits for `drained`. */
  #stopped = false
  #ending = false
  #error: NetworkError | null = null

  constructor(socket: Socket, remote: string, certificateName?: string) {
    this.remote = remote
    this.certificateName = certificateName
    this.#socket = socket
    socket.setNoDelay(true)
    socket.on('error', error => {
      this.#error ??= networkError(error)
    })
    socket.on('close', () => this.#closed())
  }

  /** The handlers come after the connection, because they are made from it. */
  handle(handlers: ConnectionHandlers): void {
    this.#handlers = handlers
    this.#socket.on('data', ({ buffer, byteOffset, length }: Buffer) => {
      // Not as a Buffer, whose slices share its memory: who kept a few bytes of it would keep all that came with them.
      if (!this.#ending) handlers.received(new Uint8Array(buffer, byteOffset, length))
    })
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ending || !this.#socket.writable) return true
    if (bytes.length > 0) this.#gather(bytes)
    if (this.bufferedBytes() < WRITE_BUFFER_BYTES_HIGH) return true
    this.#stopped = true
    return false
  }

  bufferedBytes(): number {
    return this.#gatheredBytes + this.#socket.writableLength
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  /**
   * Says that we are done and waits for the other end to say so too. Closing earlier, with bytes of the
   * other end unread, would reset the connection and could take away what we sent last.
   */
  end(): void {
    if (this.#ending || this.#socket.destroyed) return
    this.#flush()
    this.#ending = true
    this.#socket.end(() => {
      const linger = setTimeout(() => this.#socket.destroy(), LINGER_TIMEOUT_MS)
      linger.unref()
      this.#socket.once('close', () => clearTimeout(linger))
    })
    this.#socket.resume()
  }

  destroy(): void {
    this.#ending = true
    this.#socket.destroy()
  }

  /** Closes because of an error of ours, such as a timeout. */
  fail(error: NetworkError): void {
    this.#error ??= error
    this.destroy()
  }

  #gather(bytes: Uint8Array): void {
    this.#gatheredBytes += bytes.length
    const last = this.#gathered.at(-1)
    if (last !== undefined && follows(last, bytes)) {
      const joined = new Uint8Array(last.buffer, last.byteOffset, last.length + bytes.length)
      this.#gathered[this.#gathered.length - 1] = joined
    } else {
      this.#gathered.push(bytes)
    }
    if (this.#flushing) return
    this.#flushing = true
    // At the end of the callback from the event loop: all that one turn's `soon` wrote leaves together.
    process.nextTick(this.#flushTurn)
  }

  readonly #flushTurn = (): void => {
    this.#flushing = false
    if (!this.#ending) this.#flush()
  }

  #flush(): void {
    const chunks = this.#gathered
    if (chunks.length === 0) return
    const bytes = this.#gatheredBytes
    this.#gathered = []
    this.#gatheredBytes = 0
    // The other end may have closed since.
    if (!this.#socket.writable) return
    // A call-back for every write costs more than most writes: only who was told to stop needs one.
    const taken = this.#stopped ? this.#taken : undefined
    if (chunks.length === 1) {
      this.#socket.write(chunks[0]!, taken)
    } else if (bytes <= GATHER_COPY_BYTES_MAX) {
      this.#socket.write(Buffer.concat(chunks, bytes), taken)
    } else {
      this.#socket.cork()
      const last = chunks.pop()!
      for (const chunk of chunks) this.#socket.write(chunk)
      this.#socket.write(last, taken)
      this.#socket.uncork()
    }
  }

  readonly #taken = (): void => {
    if (!this.#stopped || this.#ending || this.bufferedBytes() > WRITE_BUFFER_BYTES_LOW) return
    this.#stopped = false
    this.#handlers?.drained()
  }

  #closed(): void {
    this.#ending = true
    this.#gathered = []
    this.#gatheredBytes = 0
    const handlers = this.#handlers
    this.#handlers = undefined
    handlers?.closed(this.#error)
  }
}

function follows(a: Uint8Array, b: Uint8Array): boolean {
  return a.buffer === b.buffer && a.byteOffset + a.length === b.byteOffset
}

export function timeoutError(remote: string): NetworkError {
  return new NetworkError('timeout', `connecting to ${remote} took too long`)
}
