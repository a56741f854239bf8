/** `npx tsx examples/debian-packages/run.ts [--packages N] [--kills N]` */
import { parseArgs } from 'node:util'
import { importPackages } from './import-packages.ts'

const { values } = parseArgs({
  options: { packages: { type: 'string' }, kills: { type: 'string', default: '5' } },
})

await importPackages({
  ...(values.packages === undefined ? {} : { packages: Number(values.packages) }),
  kills: Number(values.kills),
  say: line => console.log(line),
})
