/** Locks and elections, put together: their methods, and how full they are. */
import type { Gauge } from '../../../core/gauge.ts'
import type { GrpcCall, GrpcMethods } from '../../../wire/grpc/call.ts'
import { EtcdPaths } from '../method-paths.ts'
import type { Responder } from '../responder.ts'
import { Contests } from './contests.ts'
import { Elections } from './elections.ts'
import { InnerApi } from './inner-api.ts'
import { Locks } from './locks.ts'
import { Observation } from './observation.ts'

type Handle = (call: GrpcCall, message: Uint8Array) => void

export interface Contention {
  readonly handlers: readonly (readonly [string, Handle])[]
  readonly streams: readonly (readonly [string, (call: GrpcCall) => Observation])[]
  gauges(): readonly Gauge[]
}

/** @param methods all of the API, once it is put together: what locks and elections are made of */
export function contention(responder: Responder, methods: GrpcMethods): Contention {
  const api = new InnerApi(methods)
  const contests = new Contests(responder, api)
  const locks = new Locks(responder, api, contests)
  const elections = new Elections(responder, api, contests)
  return {
    handlers: [
      [EtcdPaths.lock, (call, message) => locks.lock(call, message)],
      [EtcdPaths.unlock, (call, message) => locks.unlock(call, message)],
      [EtcdPaths.campaign, (call, message) => elections.campaign(call, message)],
      [EtcdPaths.proclaim, (call, message) => elections.proclaim(call, message)],
      [EtcdPaths.leader, (call, message) => elections.leader(call, message)],
      [EtcdPaths.resign, (call, message) => elections.resign(call, message)],
    ],
    streams: [[EtcdPaths.observe, call => new Observation(responder, api, call)]],
    gauges: () => contests.gauges(),
  }
}
