/** The transport on real sockets: what the simulator cannot show is that it fits the system. */
import { afterEach, describe, expect, it } from 'vitest'
import { ByteReader } from '../../core/bytes.ts'
import type { GroupId, NodeId } from '../../core/ids.ts'
import { silentLogger } from '../../runtime/logger.ts'
import { nodeRuntime } from '../../runtime/node/index.ts'
import { Peers } from './peers.ts'

const HOST = '127.0.0.1'
const GROUP = 1 as GroupId
const [A, B] = [1n as NodeId, 2n as NodeId]

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}

interface Node {
  readonly peers: Peers
  readonly numbers: number[]
  readonly snapshotSizes: number[]
  readonly events: string[]
}

const running: Peers[] = []

async function startNode(id: NodeId, port = 0): Promise<Node> {
  const [numbers, snapshotSizes, events]: [number[], number[], string[]] = [[], [], []]
  const peers = new Peers({
    id,
    cluster: 7n,
    consensus: 'raft',
    listen: { host: HOST, port },
    runtime: nodeRuntime({ log: silentLogger }),
    handlers: {
      message: (_from, _group, payload) => numbers.push(new ByteReader(payload).u32()),
      snapshot: (_from, _group, payload) => {
        snapshotSizes.push(payload.length)
        return true
      },
      bulkReady: peer => events.push(`bulkReady ${peer}`),
      linkUp: peer => events.push(`up ${peer}`),
      linkLost: peer => events.push(`lost ${peer}`),
    },
  })
  running.push(peers)
  let listening = false
  peers.start(error => {
    expect(error).toBeNull()
    listening = true
  })
  await until(() => listening)
  return { peers, numbers, snapshotSizes, events }
}

function introduce(a: Node, b: Node): void {
  a.peers.set(B, [{ host: HOST, port: b.peers.port()! }])
  b.peers.set(A, [{ host: HOST, port: a.peers.port()! }])
}

describe('peers on TCP', () => {
  afterEach(() => {
    for (const peers of running.splice(0)) peers.stop()
  })

  it('exchange messages in order, and large snapshots beside them', async () => {
    const [a, b] = [await startNode(A), await startNode(B)]
    introduce(a, b)
    await until(() => a.peers.isUp(B) && b.peers.isUp(A))
    // The bulk lane may come up a little later than the others: try until one was not dropped.
    await until(() => {
      const before = a.peers.measures()[0]!.droppedMessages
      a.peers.sendSnapshot(B, GROUP, to => to.bytes(new Uint8Array(900_000)))
      return a.peers.measures()[0]!.droppedMessages === before
    })
    for (let i = 0; i < 5_000; i++) {
      a.peers.send(B, 'data', GROUP, to => {
        to.u32(i)
        to.bytes(new Uint8Array(300))
      })
      if (i % 100 === 0) await new Promise(resolve => setImmediate(resolve))
    }
    await until(() => b.numbers.length === 5_000)
    expect(b.numbers).toEqual(Array.from({ length: 5_000 }, (_, i) => i))
    await until(() => b.snapshotSizes.length > 0)
    expect(b.snapshotSizes).toEqual([900_000])
  })

  it('notice a stop at once, and find each other again on the same port', async () => {
    const [a, b] = [await startNode(A), await startNode(B)]
    introduce(a, b)
    await until(() => a.peers.isUp(B) && b.peers.isUp(A))
    const port = b.peers.port()!
    const stoppedAt = performance.now()
    b.peers.stop()
    await until(() => a.events.includes('lost 2'))
    expect(performance.now() - stoppedAt).toBeLessThan(500)
    const again = await startNode(B, port)
    again.peers.set(A, [{ host: HOST, port: a.peers.port()! }])
    await until(() => a.peers.isUp(B) && again.peers.isUp(A))
    a.peers.send(B, 'prompt', GROUP, to => to.u32(42))
    await until(() => again.numbers.length === 1)
    expect(a.events).toEqual(['up 2', 'lost 2', 'up 2'])
  })
})
