/** The example of the counter, smaller, on both protocols. */
import { expect, test } from 'vitest'
import { countTogether } from '../../examples/counter/count-together.ts'
import { PROTOCOL_NAMES } from '../../src/protocols/protocols.ts'

test.each(PROTOCOL_NAMES)(
  'on %s a counter is what was added, each addition once, though nodes and an adder are killed',
  { timeout: 240_000 },
  async consensus => {
    const lines: string[] = []
    const say = (line: string) => lines.push(line)
    const summary = await countTogether({ consensus, adders: 3, additions: 40, kills: 2, say })
    expect(summary.total).toBe(summary.expected)
    expect(summary.acknowledged + summary.unknown).toBeGreaterThanOrEqual(3 * 40)
    console.info(lines.join('\n'))
  },
)
