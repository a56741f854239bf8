/**
 * gRPC's own health service (grpc.health.v1): what balancers and `grpc_health_probe` ask. As with etcd it tells of the
 * server, not of the cluster, needs no user, and names one service only, the empty one; `/readyz` knows more.
 */
import { DecodeError } from '../../core/bytes.ts'
import { readHealthCheckRequest, ServingStatus, writeHealthCheckResponse } from '../../wire/etcd/health.ts'
import { decode } from '../../wire/etcd/protobuf-reader.ts'
import { encode } from '../../wire/etcd/protobuf-writer.ts'
import type { GrpcCall, GrpcMethods, StreamHandlers } from '../../wire/grpc/call.ts'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import { HEALTH_WATCHES_MAX } from './limits.ts'

export class HealthService {
  readonly methods: GrpcMethods = new Map([
    [
      '/grpc.health.v1.Health/Check',
      { kind: 'unary', handle: (call, message) => this.#check(call, message) },
    ],
    ['/grpc.health.v1.Health/Watch', { kind: 'stream', open: call => this.#watch(call) }],
  ])
  readonly #watches = new Set<GrpcCall>()
  #status: ServingStatus = ServingStatus.serving

  /** The server takes no more calls: who watches is told, and turns elsewhere. */
  stop(): void {
    this.#status = ServingStatus.notServing
    for (const call of this.#watches) {
      call.send(responseOf(this.#status))
      call.finish(GrpcStatus.unavailable, 'the server stops')
    }
    this.#watches.clear()
  }

  #check(call: GrpcCall, message: Uint8Array): void {
    const service = serviceOf(call, message)
    if (service === undefined) return
    if (service !== '') return call.finish(GrpcStatus.notFound, 'unknown service')
    call.send(responseOf(this.#status))
    call.finish(GrpcStatus.ok)
  }

  #watch(call: GrpcCall): StreamHandlers {
    call.onCancelled = () => this.#watches.delete(call)
    return {
      received: message => this.#asked(call, message),
      halfClosed: () => {},
      drained: () => {},
    }
  }

  #asked(call: GrpcCall, message: Uint8Array): void {
    const service = serviceOf(call, message)
    if (service === undefined) return
    // It is one request; a second changes nothing.
    if (this.#watches.has(call)) return
    if (this.#watches.size >= HEALTH_WATCHES_MAX) {
      return call.finish(GrpcStatus.resourceExhausted, 'too many watches of health')
    }
    // Also of a service that is unknown: it may be known later, says the protocol.
    this.#watches.add(call)
    call.send(responseOf(service === '' ? this.#status : ServingStatus.serviceUnknown))
  }
}

/** Undefined for what is no request: the call is over then. */
function serviceOf(call: GrpcCall, message: Uint8Array): string | undefined {
  try {
    return decode(message, readHealthCheckRequest)
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error
    call.finish(GrpcStatus.internal, `grpc: error unmarshalling request: ${error.message}`)
    return undefined
  }
}

function responseOf(status: ServingStatus): Uint8Array {
  return encode(status, writeHealthCheckResponse)
}
