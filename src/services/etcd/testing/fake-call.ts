/** A gRPC call whose answer a test looks at. */
import { type Instant, NEVER } from '../../../core/time.ts'
import type { GrpcCall } from '../../../wire/grpc/call.ts'
import type { GrpcStatus } from '../../../wire/grpc/status.ts'

export class FakeCall implements GrpcCall {
  readonly path: string
  readonly deadline: Instant
  certificateName: string | undefined
  remote = ''
  connection: object = this
  readonly #metadata: Readonly<Record<string, string>>
  readonly sent: Uint8Array[] = []
  status: GrpcStatus | undefined
  message: string | undefined
  ended = false
  onCancelled: (() => void) | null = null

  constructor(path: string, deadline: Instant = NEVER, metadata: Readonly<Record<string, string>> = {}) {
    this.path = path
    this.deadline = deadline
    this.#metadata = metadata
  }

  metadata(name: string): string | undefined {
    return this.#metadata[name]
  }

  /** Whether the client takes no more: `send` then says so, and takes it all the same. */
  isFull = false

  send(message: Uint8Array): boolean {
    if (!this.ended) this.sent.push(message.slice())
    return !this.isFull
  }

  finish(status: GrpcStatus, message?: string): void {
    if (this.ended) return
    this.ended = true
    this.status = status
    this.message = message
  }

  cancel(): void {
    this.ended = true
    this.onCancelled?.()
  }
}
