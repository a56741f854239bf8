/**
 * Real processes: the members of a cluster are replaced one by one, while clients write and processes are killed in
 * between. What was acknowledged is there at the end, on members none of whom was there at the beginning.
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { connectEndpoints } from '../../src/cli/connect-endpoints.ts'
import { Cluster, ClusterNode, type NodeLayout, QUORATE } from '../harness/cluster.ts'
import { etcdctl, quorate } from '../harness/command.ts'
import { freePorts } from '../harness/ports.ts'
import { Process } from '../harness/process.ts'
import { missing, testUnless } from '../harness/requirement.ts'
import { until } from '../harness/until.ts'

vi.setConfig({ testTimeout: 300_000 })

interface ListedMember {
  readonly id: string
  readonly name: string
  readonly isLearner: boolean
}

async function members(endpoints: readonly string[]): Promise<readonly ListedMember[]> {
  const { stdout, stderr } = await quorate(['member', 'list', '--json', '--endpoints', endpoints.join(',')])
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as ListedMember[]
}

/** A node that starts with what `quorate member add` says, and nothing that it does not say but where it listens. */
function joiner(layout: NodeLayout, settings: Record<string, string>): ClusterNode {
  const args = [
    `--data-dir=${layout.dataDir}`,
    `--listen-client-urls=${layout.clientUrl}`,
    `--advertise-client-urls=${layout.clientUrl}`,
    `--listen-peer-urls=${layout.peerUrl}`,
  ]
  const log = `${layout.dataDir}.log`
  return new ClusterNode(
    layout,
    () => new Process(process.execPath, [QUORATE, 'server', ...args], log, settings),
  )
}

/** Writes one key after the other until it is stopped, and remembers what was acknowledged. */
class Writer {
  readonly acknowledged: string[] = []
  readonly #done: Promise<void>
  #isStopped = false

  constructor(endpoints: () => readonly string[], name: string) {
    this.#done = this.#write(endpoints, name)
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#done
  }

  async #write(endpoints: () => readonly string[], name: string): Promise<void> {
    for (let i = 0; !this.#isStopped; ) {
      const { client } = connectEndpoints(endpoints().join(','))
      try {
        for (let batch = 0; batch < 200 && !this.#isStopped; batch++, i++) {
          const key = `${name}/${i}`
          await client.put(key, `value of ${key}`, { timeoutMs: 5_000 })
          this.acknowledged.push(key)
        }
      } catch {
        // Whether it was done is unknown: the next one has another key.
        i++
      } finally {
        client.close()
      }
    }
  }
}

testUnless(missing('etcdctl', 'version'))(
  'members are replaced one by one under load and SIGKILL, and no acknowledged write is lost',
  async () => {
    const cluster = await Cluster.start({ flags: ['--snapshot-count=500', '--snapshot-catchup-entries=50'] })
    let nodes: ClusterNode[] = [...cluster.nodes]
    const endpoints = (): string[] => nodes.map(({ layout }) => layout.clientUrl)
    const writers = [1, 2, 3].map(number => new Writer(endpoints, `writer ${number}`))
    const ports = await freePorts(6)
    try {
      for (const [round, old] of cluster.nodes.entries()) {
        const name = `m${round + 1}`
        const layout: NodeLayout = {
          name,
          clientUrl: `http://127.0.0.1:${ports[2 * round]}`,
          peerUrl: `http://127.0.0.1:${ports[2 * round + 1]}`,
          dataDir: join(cluster.directory, name),
        }
        // The machine is gone, and its disk with it.
        await old.kill()
        rmSync(old.layout.dataDir, { recursive: true })
        nodes = nodes.filter(node => node !== old)
        const gone = (await members(endpoints())).find(member => member.name === old.layout.name)!
        await until(`${old.layout.name} to be removed`, async () => {
          const { status } = await etcdctl(endpoints().join(','), ['member', 'remove', gone.id])
          return status === 0
        })
        // Strict checks: everybody must have been in touch for five seconds.
        const added = { stdout: '' }
        await until(
          `${name} to be added`,
          async () => {
            const add = ['member', 'add', name, '--peer-urls', layout.peerUrl, '--json']
            const { status, stdout } = await quorate([...add, '--endpoints', endpoints().join(',')])
            added.stdout = stdout
            return status === 0
          },
          60_000,
        )
        const { settings } = JSON.parse(added.stdout) as { settings: Record<string, string> }
        const young = joiner(layout, settings)
        young.start()
        await young.becomesHealthy()
        nodes = [...nodes, young]
        // Somebody else dies in the middle of it.
        const victim = nodes[round % 2]!
        await victim.kill()
        victim.start()
        await victim.becomesHealthy()
      }
      for (const writer of writers) await writer.stop()
      await until('the members to be the new ones', async () => {
        const names = (await members(endpoints())).map(member => member.name)
        return names.toSorted().join() === 'm1,m2,m3'
      })
      for (const { acknowledged } of writers) expect(acknowledged.length).toBeGreaterThan(50)
      for (const { layout } of nodes) {
        const { client } = connectEndpoints(layout.clientUrl)
        for (const { acknowledged } of writers) {
          for (const key of acknowledged) {
            const pair = await client.get(key, { serializable: layout !== nodes[0]!.layout })
            expect(pair === undefined ? 'lost' : Buffer.from(pair.value).toString(), key).toBe(
              `value of ${key}`,
            )
          }
        }
        client.close()
      }
    } finally {
      for (const writer of writers) await writer.stop()
      for (const node of nodes) if (node.running) await node.kill()
      await cluster.destroy()
    }
  },
)
