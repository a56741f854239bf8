/**
 * What TLS costs a put: one node of each kind, plainly and with TLS for its clients, in turn, in one run:
 * `npx tsx bench/tls.ts`. The processor time of the node for each put says more than the rate, which is the machine's.
 *
 * Options: `--rounds 3`, `--requests 20000`.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { certificatePath, keyPath, writeCerts } from '../src/cli/certs.ts'
import { Cluster, type Program } from '../test/harness/cluster.ts'
import { readOptions, wholeNumber } from '../test/harness/options.ts'
import { PUT, putOf } from './etcd-requests.ts'
import { figure, markdownTable, median } from './figures.ts'
import { h2load } from './h2load.ts'
import { processorSeconds } from './nodes.ts'

const { values: flags } = readOptions({
  options: { rounds: { type: 'string', default: '3' }, requests: { type: 'string', default: '20000' } },
})
const rounds = wholeNumber('rounds', flags.rounds, 1)
const requests = wholeNumber('requests', flags.requests, 1)

const directory = mkdtempSync(join(tmpdir(), 'quorate-bench-tls-'))
writeCerts({ directory, hosts: ['127.0.0.1'], clients: [], days: 1 })
const TLS_FLAGS = [
  ...['server', 'peer'].flatMap(name => {
    const prefix = name === 'peer' ? '--peer-' : '--'
    return [
      `${prefix}cert-file=${certificatePath(directory, name)}`,
      `${prefix}key-file=${keyPath(directory, name)}`,
    ]
  }),
]

interface Figures {
  readonly rate: number
  readonly cpuUs: number
}

async function measure(program: Program, scheme: 'http' | 'https'): Promise<Figures> {
  const cluster = await Cluster.start({
    program,
    nodes: 1,
    scheme,
    flags: scheme === 'https' ? TLS_FLAGS : [],
  })
  try {
    const node = cluster.node(0)
    const load = (count: number) =>
      h2load({
        url: `${node.layout.clientUrl}${PUT}`,
        message: putOf(0),
        bodyFile: join(directory, 'body'),
        requests: count,
        connections: 10,
        streams: 50,
      })
    load(Math.ceil(requests / 4))
    const before = processorSeconds(node)
    const { requestsPerSecond: rate } = load(requests)
    return { rate, cpuUs: ((processorSeconds(node) - before) / requests) * 1e6 }
  } finally {
    await cluster.destroy()
  }
}

const CASES = (['etcd', 'quorate'] as const).flatMap(program =>
  (['http', 'https'] as const).map(scheme => ({ program, scheme, seen: [] as Figures[] })),
)
for (let round = 0; round < rounds; round++) {
  for (const each of CASES) each.seen.push(await measure(each.program, each.scheme))
}
rmSync(directory, { recursive: true, force: true })
const rows = CASES.map(({ program, scheme, seen }) => [
  `${program}, ${scheme}`,
  figure(median(seen.map(({ rate }) => rate))),
  figure(median(seen.map(({ cpuUs }) => cpuUs))),
])
console.log(markdownTable(['one node, 10 x 50 streams', 'puts/s', 'processor time a put, us'], rows))
