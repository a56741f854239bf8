/**
 * The transport between two processes on loopback: `npx tsx bench/peers.ts`. One process sends messages of
 * 300 bytes in batches, one batch a turn, never more than a window ahead of what the other has reported; the
 * other checks every frame. Prints messages a second and the processor time of both sides.
 */
import { fork } from 'node:child_process'
import type { GroupId, NodeId } from '../src/core/ids.ts'
import { Peers } from '../src/replication/peers/index.ts'
import { silentLogger } from '../src/runtime/logger.ts'
import { nodeRuntime } from '../src/runtime/node/index.ts'

const HOST = '127.0.0.1'
const GROUP = 1 as GroupId
const PAYLOAD_BYTES = 300
const MESSAGES = 400_000
const WINDOW = 20_000
const [SENDER, RECEIVER] = [1n as NodeId, 2n as NodeId]

function start(id: NodeId, message: (payload: Uint8Array) => void, listening: (peers: Peers) => void): void {
  const peers = new Peers({
    id,
    cluster: 7n,
    consensus: 'raft',
    listen: { host: HOST, port: 0 },
    runtime: nodeRuntime({ log: silentLogger }),
    handlers: {
      message: (_from, _group, payload) => message(payload),
      snapshot: () => true,
      bulkReady() {},
      linkUp() {},
      linkLost() {},
    },
  })
  peers.start(error => {
    if (error !== null) throw error
    listening(peers)
  })
}

function receive(senderPort: number): void {
  let received = 0
  let cpu = process.cpuUsage()
  const report = (peers: Peers) => (payload: Uint8Array) => {
    if (payload.length !== PAYLOAD_BYTES) throw new Error('a message has another length')
    received++
    if (received % 1_000 === 0) peers.send(SENDER, 'prompt', GROUP, to => to.u32(received))
    if (received % MESSAGES === 0) {
      const { user, system } = process.cpuUsage(cpu)
      process.send?.({ cpuUs: (user + system) / MESSAGES })
      cpu = process.cpuUsage()
    }
  }
  let take: ((payload: Uint8Array) => void) | undefined
  start(
    RECEIVER,
    payload => take?.(payload),
    peers => {
      take = report(peers)
      peers.set(SENDER, [{ host: HOST, port: senderPort }])
      process.send?.({ port: peers.port() })
    },
  )
}

function send(): void {
  let reported = 0
  let receiverCpuUs = 0
  const payload = new Uint8Array(PAYLOAD_BYTES).fill(7)
  const encode = (to: { bytes(bytes: Uint8Array): void }): void => to.bytes(payload)
  start(
    SENDER,
    bytes => {
      reported = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true)
    },
    peers => {
      const child = fork(new URL(import.meta.url), [String(peers.port())], { execArgv: process.execArgv })
      child.on('message', (message: { port?: number; cpuUs?: number }) => {
        if (message.port !== undefined) peers.set(RECEIVER, [{ host: HOST, port: message.port }])
        if (message.cpuUs !== undefined) receiverCpuUs = message.cpuUs
      })
      const run = async (batch: number, from: number): Promise<void> => {
        const startedAt = performance.now()
        const cpu = process.cpuUsage()
        for (let sent = 0; sent < MESSAGES; ) {
          if (from + sent - reported < WINDOW) {
            for (let i = 0; i < batch; i++, sent++) peers.send(RECEIVER, 'data', GROUP, encode)
          }
          await new Promise(resolve => setImmediate(resolve))
        }
        while (reported < from + MESSAGES || receiverCpuUs === 0) {
          await new Promise(resolve => setImmediate(resolve))
        }
        const seconds = (performance.now() - startedAt) / 1000
        const { user, system } = process.cpuUsage(cpu)
        const rate = Math.round(MESSAGES / seconds).toLocaleString('en')
        const sender = ((user + system) / MESSAGES).toFixed(2)
        console.log(
          `batches of ${String(batch).padStart(4)}: ${rate.padStart(9)} messages/s, processor per message: ` +
            `sender ${sender} us, receiver ${receiverCpuUs.toFixed(2)} us`,
        )
        receiverCpuUs = 0
      }
      const all = async (): Promise<void> => {
        while (!peers.isUp(RECEIVER)) await new Promise(resolve => setImmediate(resolve))
        let from = 0
        for (const batch of [1, 10, 100, 1_000]) {
          await run(batch, from)
          from += MESSAGES
        }
        child.kill()
        process.exit(0)
      }
      void all()
    },
  )
}

const senderPort = process.argv[2]
if (senderPort === undefined) send()
else receive(Number(senderPort))
