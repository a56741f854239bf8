/**
 * How long a cluster is without service when its leader goes: `npx tsx bench/failover.ts`, on what `npm run build`
 * has built. The last line is JSON.
 *
 * Options: `--times 10`, `--flags "--election-timeout=500"` (for the nodes; by default none).
 */
import { cpus } from 'node:os'
import { readOptions, wholeNumber } from '../test/harness/options.ts'
import { median } from './figures.ts'
import { withoutService } from './without-service.ts'

const { values } = readOptions({
  options: { times: { type: 'string', default: '10' }, flags: { type: 'string', default: '' } },
})
const flags = values.flags.split(' ').filter(flag => flag !== '')
const gaps = await withoutService(wholeNumber('times', values.times, 1), flags)
const summary = (of: readonly number[]) => ({
  medianMs: Math.round(median(of)),
  worstMs: Math.round(Math.max(...of)),
})
const [cpu] = cpus()
process.stdout.write(
  `${JSON.stringify({
    kill: summary(gaps.SIGKILL),
    pause: summary(gaps.SIGSTOP),
    cpu: `${cpus().length} x ${cpu?.model ?? 'unknown'}`,
  })}\n`,
)
