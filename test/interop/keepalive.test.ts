/**
 * `--grpc-keepalive-interval` and `--grpc-keepalive-timeout` as etcd keeps them: a client that is silent is asked
 * whether it is there, and let go if it does not say so. The client is a plain socket, as a library answers by itself.
 */
import { connect, type Socket } from 'node:net'
import { afterEach, expect, test, vi } from 'vitest'
import { Cluster, type Program } from '../harness/cluster.ts'
import { ACK, type Frame, FrameTypes, frame, framesOf, PREFACE, SETTINGS } from '../harness/http2-frames.ts'
import { missing, testUnless } from '../harness/requirement.ts'
import { until } from '../harness/until.ts'

// Processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 })

/** Timers of either program may be this much early by our clock. */
const CLOCKS_DIFFER_MS = 50

const opened: { cluster: Cluster; client: SilentClient }[] = []

afterEach(async () => {
  for (const { cluster, client } of opened.splice(0)) {
    client.end()
    await cluster.destroy()
  }
})

const isPing = ({ type, flags }: Frame): boolean => type === FrameTypes.ping && flags === 0

/** Says hello, and from then on only what it is told to. */
class SilentClient {
  readonly #socket: Socket
  #received = Buffer.alloc(0)
  #spokeAt = performance.now()
  /** How long it had been silent when each ping came, in milliseconds. */
  readonly silencesMs: number[] = []
  closedAt = 0

  constructor(url: string) {
    this.#socket = connect(Number(new URL(url).port), '127.0.0.1', () => {
      this.#say(Buffer.concat([PREFACE, SETTINGS]))
    })
    this.#socket.on('data', chunk => this.#receive(chunk))
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      this.closedAt = performance.now()
    })
  }

  get pings(): Frame[] {
    return framesOf(this.#received).filter(isPing)
  }

  /** From the last word of ours to the other side's closing, in milliseconds. */
  get lastSilenceMs(): number {
    return this.closedAt - this.#spokeAt
  }

  get isSettled(): boolean {
    return framesOf(this.#received).some(({ type, flags }) => type === FrameTypes.settings && flags === ACK)
  }

  answerPing(): void {
    this.#say(frame(FrameTypes.ping, ACK, 0, this.pings.at(-1)!.payload))
  }

  end(): void {
    this.#socket.destroy()
  }

  #say(bytes: Uint8Array): void {
    this.#spokeAt = performance.now()
    this.#socket.write(bytes)
  }

  #receive(chunk: Buffer): void {
    const before = framesOf(this.#received).length
    this.#received = Buffer.concat([this.#received, chunk])
    for (const each of framesOf(this.#received).slice(before)) {
      if (isPing(each)) this.silencesMs.push(performance.now() - this.#spokeAt)
      if (each.type === FrameTypes.settings && each.flags === 0) {
        this.#say(frame(FrameTypes.settings, ACK, 0, Buffer.alloc(0)))
      }
    }
  }
}

async function connectTo(program: Program, interval: string, timeout: string): Promise<SilentClient> {
  const flags = [`--grpc-keepalive-interval=${interval}`, `--grpc-keepalive-timeout=${timeout}`]
  const cluster = await Cluster.start({ program, nodes: 1, flags })
  const client = new SilentClient(cluster.endpoints[0]!)
  opened.push({ cluster, client })
  await until('the settings', () => client.isSettled)
  return client
}

async function pingsAndGivesUp(program: Program): Promise<void> {
  const client = await connectTo(program, '2s', '1s')
  await until('a ping', () => client.pings.length === 1)
  client.answerPing()
  await until('a ping of a client that answered', () => client.pings.length === 2)
  await until('the end of a client that did not answer', () => client.closedAt > 0)
  expect(client.pings).toHaveLength(2)
  expect(Math.min(...client.silencesMs)).toBeGreaterThan(2_000 - CLOCKS_DIFFER_MS)
  expect(client.lastSilenceMs).toBeGreaterThan(3_000 - CLOCKS_DIFFER_MS)
}

test('a silent client is pinged after the interval, kept if it answers and let go if it does not', () =>
  pingsAndGivesUp('quorate'))

testUnless(missing('etcd', '--version'))('a real etcd does the same', () => pingsAndGivesUp('etcd'))

test.each([
  ['interval', '0s', '1s'],
  ['timeout', '1s', '0s'],
])('with 0s as the %s no client is pinged or let go', async (_, interval, timeout) => {
  const unasked = await connectTo('quorate', interval, timeout)
  // Its silence began later, so that the other's has lasted longer when this one's time is up.
  const asked = await connectTo('quorate', '1s', '1s')
  await until('the end of a client that is pinged', () => asked.closedAt > 0)
  expect(asked.pings).toHaveLength(1)
  expect(unasked.pings).toEqual([])
  expect(unasked.closedAt).toBe(0)
})
