import { beforeEach, describe, expect, test } from 'vitest'
import { utf8Bytes } from '../../core/utf8.ts'
import { HealthService } from './health-service.ts'
import { HEALTH_WATCHES_MAX } from './limits.ts'
import { FakeCall } from './testing/fake-call.ts'

/** Field 1: the service; and the status. */
const about = (service: string): Uint8Array => {
  const text = utf8Bytes(service)
  return new Uint8Array(text.length === 0 ? [] : [10, text.length, ...text])
}
const SERVING = [8, 1]
const NOT_SERVING = [8, 2]
const SERVICE_UNKNOWN = [8, 3]

let service: HealthService
beforeEach(() => {
  service = new HealthService()
})

function check(message: Uint8Array): FakeCall {
  const call = new FakeCall('/grpc.health.v1.Health/Check')
  const method = service.methods.get(call.path)!
  if (method.kind === 'unary') method.handle(call, message)
  return call
}

function watch(message: Uint8Array): FakeCall {
  const call = new FakeCall('/grpc.health.v1.Health/Watch')
  const method = service.methods.get(call.path)!
  if (method.kind === 'stream') method.open(call).received(message)
  return call
}

const told = (call: FakeCall): number[][] => call.sent.map(bytes => [...bytes])

describe("gRPC's health service", () => {
  test('says that the server serves, and that it does no more once it stops', () => {
    expect(check(about(''))).toMatchObject({ status: 0, sent: [Uint8Array.from(SERVING)] })
    service.stop()
    expect(told(check(about('')))).toEqual([NOT_SERVING])
  })

  test('knows no service by name', () => {
    expect(check(about('etcdserverpb.KV'))).toMatchObject({ status: 5, message: 'unknown service', sent: [] })
  })

  test('refuses what is no request', () => {
    expect(check(new Uint8Array([10, 5]))).toMatchObject({ status: 13, sent: [] })
    expect(watch(new Uint8Array([10, 5]))).toMatchObject({ status: 13, sent: [] })
  })

  test('tells who watches how it is, and again when that changes, and then ends', () => {
    const call = watch(about(''))
    expect(told(call)).toEqual([SERVING])
    expect(call.ended).toBe(false)
    service.stop()
    expect(told(call)).toEqual([SERVING, NOT_SERVING])
    expect(call.status).toBe(14)
  })

  test('says of an unknown service that it is unknown, and goes on', () => {
    const call = watch(about('x'))
    expect(told(call)).toEqual([SERVICE_UNKNOWN])
    expect(call.ended).toBe(false)
  })

  test('is watched by no more than its limit; who goes makes room', () => {
    const calls = Array.from({ length: HEALTH_WATCHES_MAX }, () => watch(about('')))
    expect(watch(about(''))).toMatchObject({ status: 8, sent: [] })
    calls[0]!.cancel()
    expect(told(watch(about('')))).toEqual([SERVING])
  })
})
