/**
 * etcd's JSON gateway: the API for those who speak plain HTTP. A request's JSON becomes the message of the gRPC method,
 * which does not know the difference, and its answers become JSON.
 */
import type { Clock } from '../../../runtime/clock.ts'
import type { GrpcMethods } from '../../../wire/grpc/call.ts'
import { GrpcStatus } from '../../../wire/grpc/status.ts'
import type { HttpHandler } from '../../../wire/http1/http-handler.ts'
import { Slices } from '../slices.ts'
import { errorResponse } from './gateway-error.ts'
import { ROUTES } from './routes.ts'
import { StreamGatewayCall } from './stream-gateway-call.ts'
import { type GatewayMemory, UnaryGatewayCall } from './unary-gateway-call.ts'

export function createGateway(clock: Clock, methods: GrpcMethods): HttpHandler {
  const slices = new Slices(clock)
  const memory: GatewayMemory = { heldBytes: 0 }
  return (request, answer) => {
    const route = ROUTES.get(request.path)
    if (route === undefined) return answer.respond(errorResponse(GrpcStatus.notFound, 'Not Found'))
    if (request.method !== 'POST') {
      return answer.respond(errorResponse(GrpcStatus.unimplemented, 'Method Not Allowed', 405))
    }
    const method = methods.get(route.rpc)
    if (method === undefined) {
      return answer.respond(errorResponse(GrpcStatus.unimplemented, `unknown method ${route.rpc}`))
    }
    if (method.kind === 'stream') new StreamGatewayCall(clock, route, request, answer).begin(method)
    else new UnaryGatewayCall(clock, route, request, answer, slices, memory).begin(method, request.body)
  }
}
