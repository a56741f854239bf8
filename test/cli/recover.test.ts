/** A majority is lost for good: one member goes on alone, and grows a cluster again. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { PROTOCOL_NAMES } from '../../src/protocols/protocols.ts'
import { Cluster, ClusterNode, QUORATE } from '../harness/cluster.ts'
import { quorate } from '../harness/command.ts'
import { Process } from '../harness/process.ts'
import { until } from '../harness/until.ts'

vi.setConfig({ testTimeout: 120_000 })

test.each(PROTOCOL_NAMES)(
  'with %s a member whose majority is lost goes on alone when it is told to, and another one cannot harm it',
  async consensus => {
    const cluster = await Cluster.start({ flags: [`--consensus=${consensus}`] })
    const [first, second] = cluster.nodes as [ClusterNode, ClusterNode]
    const { clientUrl, peerUrl, dataDir, name } = first.layout
    const client = (...args: string[]) => quorate([...args, '--endpoints', clientUrl])
    expect((await client('kv', 'put', 'k', 'v')).status).toBe(0)
    expect((await client('kv', 'get', 'k', '--serializable')).stdout).toContain('v')
    for (const node of cluster.nodes) await node.kill()

    const warned = await quorate(['recover', dataDir])
    expect(warned.status).toBe(1)
    expect(warned.stdout).toContain('may lose writes that were acknowledged')
    expect(warned.stdout).toContain('n2 (')
    const before = JSON.parse((await quorate(['recover', dataDir, '--json'])).stdout) as { clusterId: string }
    const done = await quorate(['recover', dataDir, '--yes', '--json'])
    expect(done.status).toBe(0)
    const { newClusterId } = JSON.parse(done.stdout) as { newClusterId: string }
    expect(newClusterId).not.toBe(before.clusterId)

    // As before, it is refused: the directory belongs to another cluster now.
    first.start()
    expect((await first.process.ended).status).toBe(3)
    const alone = new ClusterNode(
      first.layout,
      () =>
        new Process(
          process.execPath,
          [
            QUORATE,
            'server',
            `--name=${name}`,
            `--data-dir=${dataDir}`,
            `--listen-client-urls=${clientUrl}`,
            `--advertise-client-urls=${clientUrl}`,
            `--listen-peer-urls=${peerUrl}`,
            `--initial-advertise-peer-urls=${peerUrl}`,
            `--initial-cluster=${name}=${peerUrl}`,
            `--consensus=${consensus}`,
            '--initial-cluster-state=existing',
          ],
          join(cluster.directory, 'alone.log'),
        ),
    )
    try {
      alone.start()
      second.start()
      await alone.becomesHealthy()
      expect((await client('kv', 'get', 'k')).stdout).toContain('v')
      expect((await client('kv', 'put', 'k', 'after')).status).toBe(0)
      const { stdout } = await client('member', 'list', '--json')
      expect(JSON.parse(stdout)).toMatchObject([{ name: 'n1', isLearner: false }])
      await until('a member to be added', async () => {
        const { status } = await client(
          'member',
          'add',
          'x',
          '--learner',
          '--peer-urls',
          'http://127.0.0.1:1',
        )
        return status === 0
      })
    } finally {
      if (alone.running) await alone.kill()
      await cluster.destroy()
    }
  },
)

test('what is no data directory of a member is not recovered', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'no-member-'))
  const { status, stderr } = await quorate(['recover', '--yes', directory])
  rmSync(directory, { recursive: true })
  expect(status).not.toBe(0)
  expect(stderr).toContain('[QUORATE_NOT_RECOVERABLE]')
})
