/** What the benches ask of the nodes that they have started. */
import { readFileSync } from 'node:fs'
import { type Client, connect } from '../src/client/index.ts'
import { silentLogger } from '../src/runtime/logger.ts'
import { nodeRuntime } from '../src/runtime/node/index.ts'
import { addressOf } from '../src/server/config.ts'
import { decode } from '../src/wire/etcd/protobuf-reader.ts'
import { encode } from '../src/wire/etcd/protobuf-writer.ts'
import { RANGE_DEFAULTS, readRangeResponse, writeRangeRequest } from '../src/wire/etcd/range.ts'
import type { ClusterNode } from '../test/harness/cluster.ts'
import { keyFor, RANGE } from './etcd-requests.ts'
import { Load } from './load.ts'

const { network, clock, random } = nodeRuntime({ log: silentLogger })

/** One that knows no other node. */
export function clientOf({ layout }: ClusterNode): Client {
  return connect({ network, clock, random, endpoints: [addressOf(layout.clientUrl)] })
}

export function residentMiB(node: ClusterNode): number {
  const status = readFileSync(`/proc/${node.process.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1024
}

/** That of the store; `serializable`: as far as this node has applied it. */
export async function revisionOf(node: ClusterNode, serializable = false): Promise<number> {
  let revision = 0
  const load = await Load.open({
    url: node.layout.clientUrl,
    path: RANGE,
    connections: 1,
    message: () => encode({ ...RANGE_DEFAULTS, key: keyFor(0), serializable }, writeRangeRequest),
    check: response => {
      revision = decode(response, readRangeResponse).header.revision
    },
  })
  await load.closedLoop(1, 1)
  load.close()
  return revision
}
