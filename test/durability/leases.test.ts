/**
 * Real processes whose leader is killed again and again while leases are held: none that is kept alive is lost, and of
 * those that are left alone none ends early, or much later than it may.
 */
import { expect, test } from 'vitest'
import type { Client } from '../../src/client/index.ts'
import { prefixSpan } from '../../src/client/index.ts'
import { addressOf } from '../../src/server/node-url.ts'
import { Cluster } from '../harness/cluster.ts'
import { until } from '../harness/until.ts'
import { findLeader, leaderOf } from './leader.ts'
import { clientOf } from './node-view.ts'

const TTL_SECONDS = 4
const KEPT = 10
const KILLS = 4
const LEFT_PER_KILL = 5
/** From the end of its time to its end, while somebody leads; and what a busy machine may add to what is seen of it. */
const GONE_WITHIN_MS = 2_000
const SLACK_MS = 1_000

interface Left {
  readonly key: string
  /** Between these it was acknowledged for the last time. */
  readonly askedAt: number
  readonly answeredAt: number
}

/** When nobody led, from the kill to the first write after it. */
interface Outage {
  readonly from: number
  readonly to: number
}

/** Granted, put to a key, renewed once, and then left alone. */
async function leave(client: Client, key: string): Promise<Left> {
  const { id } = await client.leases.grant(TTL_SECONDS)
  await client.put(`left/${key}`, 'x', { lease: id })
  const askedAt = performance.now()
  expect(await client.leases.keepAliveOnce(id)).toBe(TTL_SECONDS)
  return { key: `left/${key}`, askedAt, answeredAt: performance.now() }
}

test('leases outlive their leaders, and not their time', async () => {
  const cluster = await Cluster.start()
  const client = clientOf(cluster.endpoints.map(addressOf))
  let failed = true
  try {
    const kept = await Promise.all(Array.from({ length: KEPT }, () => client.lease(TTL_SECONDS)))
    const revisions = await Promise.all(
      kept.map(async ({ id }, i) => (await client.put(`kept/${i}`, 'x', { lease: id })).header.revision),
    )
    const left: Left[] = []
    const outages: Outage[] = []
    /** By key, when it was last seen to be there, and first seen to be gone. */
    const seen = new Map<string, { there: number; gone: number | undefined }>()
    const isGone = ({ key }: Left): boolean => seen.get(key)?.gone !== undefined
    let isOver = false
    const looking = (async () => {
      while (!isOver) {
        const askedAt = performance.now()
        const known = [...left]
        const { kvs } = await client.range(prefixSpan('left/'), { timeoutMs: 30_000 })
        const there = new Set(kvs.map(({ key }) => Buffer.from(key).toString()))
        for (const { key } of known) {
          const before = seen.get(key)
          if (there.has(key)) seen.set(key, { there: askedAt, gone: undefined })
          else if (before?.gone === undefined)
            seen.set(key, { there: before?.there ?? 0, gone: performance.now() })
        }
        await new Promise(resolve => setImmediate(resolve))
      }
    })()
    for (let kill = 0; kill < KILLS; kill++) {
      left.push(
        ...(await Promise.all(
          Array.from({ length: LEFT_PER_KILL }, (_, i) => leave(client, `${kill}.${i}`)),
        )),
      )
      const leader = await leaderOf(cluster.nodes)
      const from = performance.now()
      await leader.kill()
      await until('a write to be done', async () => {
        await client.put('written', `${kill}`, { idempotent: true, timeoutMs: 10_000 })
        return true
      })
      outages.push({ from, to: performance.now() })
      leader.start()
      await leader.becomesHealthy()
      await until('a leader to be known', async () => (await findLeader(cluster.nodes)) !== undefined)
    }
    await until('all that were left alone to be gone', () => left.every(isGone), 60_000)
    isOver = true
    await looking
    for (const { key, askedAt, answeredAt } of left) {
      const { there, gone } = seen.get(key)!
      const outageMs = outages
        .filter(({ from, to }) => to > askedAt && from < gone!)
        .reduce((sum, { from, to }) => sum + (to - from), 0)
      expect(gone! - askedAt, `${key} ended early`).toBeGreaterThanOrEqual(TTL_SECONDS * 1_000)
      const latestMs = TTL_SECONDS * 1_000 + GONE_WITHIN_MS + outageMs + SLACK_MS
      expect(
        there - answeredAt,
        `${key} was there too long, with ${outageMs} ms without a leader`,
      ).toBeLessThan(latestMs)
    }
    for (const [i, lease] of kept.entries()) {
      expect(lease.signal.aborted, `lease ${i}`).toBe(false)
      expect((await client.get(`kept/${i}`))?.createRevision).toBe(revisions[i])
      lease.release()
    }
    failed = false
  } finally {
    client.close()
    await cluster.destroy(failed)
  }
}, 180_000)
