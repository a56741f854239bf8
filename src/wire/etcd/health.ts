/** Messages of grpc.health.v1, the health service that gRPC's own clients and balancers ask. */
import { bytesTag, type ProtobufReader } from './protobuf-reader.ts'
import type { ProtobufWriter } from './protobuf-writer.ts'

export const ServingStatus = {
  unknown: 0,
  serving: 1,
  notServing: 2,
  /** Of `Watch` only: there is no such service. */
  serviceUnknown: 3,
} as const

export type ServingStatus = (typeof ServingStatus)[keyof typeof ServingStatus]

/** The service that is asked about; empty: the server as a whole. */
export function readHealthCheckRequest(from: ProtobufReader, before = ''): string {
  let service = before
  while (from.more()) {
    const tag = from.tag()
    if (tag === bytesTag(1)) service = from.string()
    else from.skip(tag)
  }
  return service
}

export function writeHealthCheckResponse(to: ProtobufWriter, status: ServingStatus): void {
  to.enumeration(1, status)
}
