/** `npx tsx examples/counter/run.ts [--consensus raft|paxos] [--adders N] [--additions N] [--kills N]` */
import { parseArgs } from 'node:util'
import { countTogether } from './count-together.ts'

const { values } = parseArgs({
  options: {
    consensus: { type: 'string', default: 'raft' },
    adders: { type: 'string', default: '4' },
    additions: { type: 'string', default: '500' },
    kills: { type: 'string', default: '5' },
  },
})

await countTogether({
  consensus: values.consensus === 'paxos' ? 'paxos' : 'raft',
  adders: Number(values.adders),
  additions: Number(values.additions),
  kills: Number(values.kills),
  say: line => console.log(line),
})
