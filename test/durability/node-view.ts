/** One node by itself, as an inspector sees it; and what all nodes must agree on. */

import { GrpcChannel } from '../../src/client/grpc-channel.ts'
import { type Client, connect, prefixSpan } from '../../src/client/index.ts'
import { addMs } from '../../src/core/time.ts'
import { utf8Text } from '../../src/core/utf8.ts'
import { silentLogger } from '../../src/runtime/logger.ts'
import type { Address } from '../../src/runtime/network.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { readHashKvResponse, writeHashKvRequest } from '../../src/wire/etcd/maintenance.ts'
import { decode } from '../../src/wire/etcd/protobuf-reader.ts'
import { encode } from '../../src/wire/etcd/protobuf-writer.ts'
import { until } from '../harness/until.ts'

const CALL_TIMEOUT_MS = 10_000

/** The world of the test itself: it loses no power and is never paused. */
export const testRuntime: Runtime = nodeRuntime({ log: silentLogger })

export function clientOf(addresses: readonly Address[]): Client {
  const { network, clock, random } = testRuntime
  return connect({ network, clock, random, endpoints: addresses })
}

export class NodeView {
  readonly name: string
  readonly client: Client
  readonly #channel: GrpcChannel

  constructor(name: string, address: Address) {
    this.name = name
    this.client = clientOf([address])
    this.#channel = new GrpcChannel(testRuntime.network, testRuntime.clock, address)
  }

  /** That this node has reached, whatever the others have. */
  async revision(): Promise<number> {
    const { header } = await this.client.range({ from: '\0', to: '\x01' }, { serializable: true })
    return header.revision
  }

  /** Of all history up to a revision. */
  async hash(revision: number): Promise<string> {
    const deadline = addMs(testRuntime.clock.now(), CALL_TIMEOUT_MS)
    const request = encode({ revision }, writeHashKvRequest)
    const attempt = await this.#channel.call('/etcdserverpb.Maintenance/HashKV', request, deadline)
    if (attempt.kind !== 'answered') throw new Error(`${this.name} gave no hash: ${attempt.message}`)
    const { hash, compactRevision, hashRevision } = decode(attempt.response, readHashKvResponse)
    return JSON.stringify({ hash, compactRevision, hashRevision })
  }

  /** Everything at a revision, as text that equals another node's if the contents do. */
  async contents(revision: number, serializable: boolean): Promise<string> {
    const { kvs, count } = await this.client.range(prefixSpan(''), { revision, serializable })
    const lines = kvs.map(kv =>
      [utf8Text(kv.key), kv.createRevision, kv.modRevision, kv.version, utf8Text(kv.value)].join(' '),
    )
    return [count, ...lines].join('\n')
  }

  close(): void {
    this.client.close()
    this.#channel.close()
  }
}

/**
 * Waits until every node has reached what a linearizable read sees, and compares all of them there. Returns
 * the violations and the revision.
 */
export async function compareNodes(
  views: readonly NodeView[],
  limitMs: number,
): Promise<{ violations: string[]; revision: number }> {
  const newest = await Promise.all(views.map(view => view.client.range({ from: '\0', to: '\x01' })))
  const revision = Math.max(...newest.map(({ header }) => header.revision))
  for (const view of views) {
    const caughtUp = async () => (await view.revision()) >= revision
    await until(`${view.name} to reach revision ${revision}`, caughtUp, limitMs)
  }
  const violations: string[] = []
  const expectSame = (what: string, found: readonly string[]): void => {
    if (new Set(found).size > 1) violations.push(`the nodes differ in ${what}:\n  ${found.join('\n  ')}`)
  }
  const hashes = await Promise.all(views.map(view => view.hash(revision)))
  expectSame(`HashKV at revision ${revision}`, hashes)
  const contents = views.flatMap(view => [view.contents(revision, true), view.contents(revision, false)])
  expectSame(`contents at revision ${revision}`, await Promise.all(contents))
  return { violations, revision }
}
