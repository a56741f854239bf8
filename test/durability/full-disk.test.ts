/**
 * One of three machines runs out of room: it has a small disk of its own, which something else fills. Its member stops,
 * the others go on as if it had died, and once there is room again all that was acknowledged is everywhere.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { expect, vi } from 'vitest'
import { Cluster, ClusterNode, QUORATE } from '../harness/cluster.ts'
import { Process } from '../harness/process.ts'
import { testUnless } from '../harness/requirement.ts'
import { until } from '../harness/until.ts'
import { expectAllThere, Writers } from './writers.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 })

const DISK_MIB = 96
const LIMIT_MS = 60_000
/** What was made ahead for the log, up to 16 MiB, is soon full. */
const VALUE_CHARACTERS = 8_000

const mayMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0
const withMounts = testUnless(mayMount ? null : 'this user may not mount disks of its own', 'anywhere')

/** A disk in memory that nobody sees who is not led to it. */
class SmallDisk {
  readonly #keeper: ChildProcess
  readonly #directory: string

  private constructor(keeper: ChildProcess, directory: string) {
    this.#keeper = keeper
    this.#directory = directory
  }

  static async mount(directory: string): Promise<SmallDisk> {
    mkdirSync(directory, { recursive: true })
    const script = `mount -t tmpfs -o size=${DISK_MIB}m tmpfs "$0" && echo mounted && exec sleep infinity`
    const keeper = spawn('unshare', ['-rm', 'sh', '-c', script, directory], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await new Promise(resolve => keeper.stdout.once('data', resolve))
    return new SmallDisk(keeper, directory)
  }

  /** What leads a command to it. */
  get entrance(): readonly string[] {
    return [`--target=${this.#keeper.pid}`, '--user', '--mount', '--preserve-credentials']
  }

  /** Something else takes all that is left. */
  fill(): void {
    this.#run('cat /dev/zero > "$0/ballast" 2> /dev/null || true')
  }

  free(): void {
    this.#run('rm "$0/ballast"')
  }

  unmount(): void {
    this.#keeper.kill('SIGKILL')
  }

  #run(script: string): void {
    execFileSync('nsenter', [...this.entrance, 'sh', '-c', script, this.#directory])
  }
}

/** The same node, but for where its disk is. */
function movedTo(disk: SmallDisk, { layout, flags }: ClusterNode, logDirectory: string): ClusterNode {
  const args = [...disk.entrance, process.execPath, QUORATE, 'server', ...flags]
  const logFile = `${logDirectory}/${layout.name}.log`
  return new ClusterNode(layout, () => new Process('nsenter', args, logFile), flags)
}

withMounts('a member whose disk is full stops, the others go on, and nothing is lost', async () => {
  const { nodes, directory } = await Cluster.prepare()
  const [first, ...others] = nodes
  const disk = await SmallDisk.mount(first!.layout.dataDir)
  const member = movedTo(disk, first!, directory)
  const cluster = new Cluster([member, ...others], directory)
  try {
    for (const node of cluster.nodes) node.start()
    await Promise.all(cluster.nodes.map(node => node.becomesHealthy(LIMIT_MS)))
    const writers = new Writers(cluster.nodes, VALUE_CHARACTERS)
    writers.start()
    await writers.more(500)
    disk.fill()
    await until('the member to stop', () => !member.running, LIMIT_MS)
    expect(member.process.log()).toContain('no space left for the log')
    await writers.more(500)
    // As long as there is no room it does not even start: a supervisor may try as often as it likes.
    member.start()
    await until('the member to stop again', () => !member.running, LIMIT_MS)
    await writers.more(500)
    disk.free()
    member.start()
    await member.becomesHealthy(LIMIT_MS)
    await writers.more(500)
    await writers.stop()
    expect([...writers.refusals]).toEqual([])
    await expectAllThere(cluster, writers.acknowledged)
  } finally {
    await cluster.destroy()
    disk.unmount()
  }
})
