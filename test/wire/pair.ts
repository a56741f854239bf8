/** A client and a server of ours, joined; `run` lets them talk until they have nothing more to say. */

import type { GrpcMethods } from '../../src/wire/grpc/call.ts'
import { GrpcClientConnection } from '../../src/wire/grpc/client-connection.ts'
import { GrpcServerConnection } from '../../src/wire/grpc/server-connection.ts'
import { START } from './raw-peer.ts'

/** @param cut bytes that arrive together at most */
export function pair(methods: GrpcMethods, window = 65_535) {
  const server = new GrpcServerConnection(START, {
    methods,
    wantsFlush() {},
    http2Limits: { streamWindowBytes: window },
  })
  const client = new GrpcClientConnection(START, {
    authority: 'there',
    wantsFlush() {},
    http2Limits: { streamWindowBytes: window },
  })
  const run = (cut = 1 << 20): void => {
    for (let quiet = false; !quiet; ) {
      quiet = true
      for (const [from, to] of [
        [client, server],
        [server, client],
      ] as const) {
        from.flush(START, {
          write(bytes) {
            quiet = false
            for (let at = 0; at < bytes.length; at += cut) to.receive(START, bytes.slice(at, at + cut))
            return true
          },
        })
      }
    }
  }
  return { client, server, run }
}
