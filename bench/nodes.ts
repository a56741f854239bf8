/** What the benches ask of the nodes that they have started. */
import { readFileSync } from 'node:fs'
import { type Client, connect } from '../src/client/index.ts'
import { silentLogger } from '../src/runtime/logger.ts'
import { nodeRuntime } from '../src/runtime/node/index.ts'
import { addressOf } from '../src/server/node-url.ts'
import { decode } from '../src/wire/etcd/protobuf-reader.ts'
import { encode } from '../src/wire/etcd/protobuf-writer.ts'
import { RANGE_DEFAULTS, readRangeResponse, writeRangeRequest } from '../src/wire/etcd/range.ts'
import type { ClusterNode } from '../test/harness/cluster.ts'
import { keyFor, RANGE } from './etcd-requests.ts'
import { allServed, Load } from './load.ts'

const { network, clock, random } = nodeRuntime({ log: silentLogger })

/** One that knows no other node. */
export function clientOf({ layout }: ClusterNode): Client {
  return connect({ network, clock, random, endpoints: [addressOf(layout.clientUrl)] })
}

export function residentMiB(node: ClusterNode): number {
  const status = readFileSync(`/proc/${node.process.pid}/status`, 'utf8')
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)![1]) / 1024
}

/** Jiffies of the kernel in a second, on every Linux of today. */
const TICKS_PER_SECOND = 100

/** Of all threads of the node, user and system: so that who else uses the machine counts less. */
export function processorSeconds(node: ClusterNode): number {
  // The name, which may hold anything, ends with a parenthesis.
  const fields = readFileSync(`/proc/${node.process.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}

/** That of the store; `serializable`: as far as this node has applied it. Throws if the node does not tell. */
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
  try {
    allServed(await load.closedLoop(1, 1), 'reads of the revision')
  } finally {
    load.close()
  }
  return revision
}
