/** The example of the package index, smaller: `QUORATE_FULL=1` runs all of it. */
import { expect } from 'vitest'
import { importPackages } from '../../examples/debian-packages/import-packages.ts'
import { missing, testUnless } from '../harness/requirement.ts'

const KILLS = 5
const isFull = process.env['QUORATE_FULL'] === '1'
const withIndex = testUnless(missing('apt-cache', '--version') ?? missing('etcdctl', 'version'))

withIndex(
  'an import during which leader after leader dies leaves every package on every node, once and to the byte',
  async () => {
    const lines: string[] = []
    const size = isFull ? {} : { packages: 3_000 }
    const summary = await importPackages({ ...size, kills: KILLS, say: line => lines.push(line) })
    expect(summary.packages).toBeGreaterThanOrEqual(isFull ? 60_000 : 3_000)
    expect(summary.kills.length).toBeGreaterThanOrEqual(KILLS)
    expect(summary.second).toMatchObject({ written: 0, unchanged: summary.packages })
    expect(summary.reads).toHaveLength(6)
    console.info(lines.join('\n'))
  },
  isFull ? 1_200_000 : 240_000,
)
