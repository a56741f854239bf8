import { createServer, type Http2Server } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { GrpcStatus } from '../src/wire/grpc/status.ts'
import { ClusterNode } from '../test/harness/cluster.ts'
import { revisionOf } from './nodes.ts'

/** A range's answer of nothing but a header (field 1), whose revision (its field 3) is 7; five bytes of gRPC before. */
const REVISION_7 = Uint8Array.of(0, 0, 0, 0, 4, 0x0a, 2, 0x18, 7)

let server: Http2Server
afterEach(() => new Promise(done => server.close(done)))

/** A node that answers every call with this status, and with this body if there is one. */
async function nodeThatAnswers(status: number, body?: Uint8Array): Promise<ClusterNode> {
  server = createServer()
  server.on('stream', stream => {
    const headers = { ':status': 200, 'content-type': 'application/grpc' }
    if (body === undefined) return stream.respond({ ...headers, 'grpc-status': status }, { endStream: true })
    stream.respond(headers, { waitForTrailers: true })
    stream.on('wantTrailers', () => stream.sendTrailers({ 'grpc-status': status }))
    stream.end(body)
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const { port } = server.address() as AddressInfo
  const layout = { name: 'n1', clientUrl: `http://127.0.0.1:${port}`, peerUrl: '', dataDir: '' }
  return new ClusterNode(layout, () => {
    throw new Error('it runs already')
  })
}

test('a node tells its revision', async () => {
  expect(await revisionOf(await nodeThatAnswers(GrpcStatus.ok, REVISION_7))).toBe(7)
})

test('a node that refuses to tell its revision has not revision 0', async () => {
  const node = await nodeThatAnswers(GrpcStatus.unavailable)
  await expect(revisionOf(node, true)).rejects.toThrow('1 of 1 reads of the revision failed')
})
