/**
 * Real processes under load, killed and paused at random. Afterwards all that clients were told is held against
 * what the nodes say has happened.
 */
import { expect, test } from 'vitest'
import { randomFromSeed } from '../../src/core/prng.ts'
import { addressOf } from '../../src/server/node-url.ts'
import { Cluster } from '../harness/cluster.ts'
import { Chronicle, readChronicle } from './chronicle.ts'
import { History } from './history.ts'
import { judge } from './judge.ts'
import { Nemesis } from './nemesis.ts'
import { clientOf, compareNodes, NodeView } from './node-view.ts'
import { Session } from './session.ts'

const SECONDS = Number(process.env['QUORATE_DURABILITY_SECONDS'] ?? (process.env['CI'] ? 60 : 20))
const SEED = Number(process.env['QUORATE_SEED'] ?? Date.now() % 1_000_000)
const SESSIONS = 9
const KEYS = ['a', 'b', 'c', 'd', 'e', 'f']
const REQUEST_TIMEOUT_MS = 3_000
/** Of clients that know one node only and ask it again while it is paused: it must not answer from the past. */
const IMPATIENT_TIMEOUT_MS = 150
/** Of all that waits for recovery; the machine may be busy with something else. */
const RECOVERY_LIMIT_MS = 60_000
const VIOLATIONS_SHOWN = 5
/** With fewer nothing was tested: where a node takes long to start, it goes on for as long as that takes. */
const DONE_MIN = SECONDS * 10
/** Shorter than the defaults, so that a pause outlasts it; checkpoints, snapshots and rolls within the run. */
const FLAGS = ['--heartbeat-interval=50', '--election-timeout=500', '--snapshot-count=200']

test(
  `killed and paused for ${SECONDS} s, a cluster keeps every promise`,
  async () => {
    const random = randomFromSeed(SEED)
    const cluster = await Cluster.start({ flags: FLAGS })
    let failed = true
    try {
      const history = new History()
      const clock = performance.now() + SECONDS * 1000
      let answers = 0
      let isOver = false
      const addresses = cluster.endpoints.map(addressOf)
      const clients = Array.from({ length: SESSIONS }, (_, number) => {
        // A third knows all nodes, the others one each.
        return clientOf(number % 3 === 0 ? addresses : [addresses[(number / 3) | 0]!])
      })
      const sessions = clients.map((client, number) =>
        new Session({
          number,
          client,
          history,
          random: random.fork(),
          keys: KEYS,
          timeoutMs: number % 3 === 1 ? IMPATIENT_TIMEOUT_MS : REQUEST_TIMEOUT_MS,
          paddingMax: 100,
        }).run(
          () => isOver,
          () => answers++,
        ),
      )
      const nemesis = new Nemesis({ cluster, random: random.fork(), answers: () => answers })
      try {
        await nemesis.run(() => {
          const overdueMs = performance.now() - clock
          return overdueMs >= (history.counts.done > DONE_MIN ? 0 : RECOVERY_LIMIT_MS)
        })
      } finally {
        isOver = true
        nemesis.heal()
      }
      await Promise.all(sessions)
      await Promise.all(cluster.nodes.map(node => node.becomesHealthy(RECOVERY_LIMIT_MS)))
      for (const client of clients) client.close()

      const context = `QUORATE_SEED=${SEED} ${cluster.directory}\n${nemesis.deeds.join('\n')}`
      const violations = await judged(cluster, history)
      expect(violations.slice(0, VIOLATIONS_SHOWN), context).toEqual([])
      const { done, unknown } = history.counts
      expect(done, context).toBeGreaterThan(DONE_MIN)
      expect(unknown, context).toBeGreaterThan(0)
      console.info(`${JSON.stringify(history.counts)} operations, ${nemesis.deeds.length} faults`)
      failed = false
    } finally {
      await cluster.destroy(failed)
    }
  },
  SECONDS * 1000 + 5 * 60_000,
)

async function judged(cluster: Cluster, history: History): Promise<string[]> {
  const views = cluster.nodes.map(({ layout }) => new NodeView(layout.name, addressOf(layout.clientUrl)))
  try {
    const { violations, revision } = await compareNodes(views, RECOVERY_LIMIT_MS)
    const chronicle = new Chronicle()
    await readChronicle(views[SEED % views.length]!.client, chronicle, revision)
    return [...violations, ...judge(history.operations, chronicle)]
  } finally {
    for (const view of views) view.close()
  }
}
