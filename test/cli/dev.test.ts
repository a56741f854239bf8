/** `quorate dev`: a cluster in one command, on the ports that it always has. */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, vi } from 'vitest'
import { QUORATE } from '../harness/cluster.ts'
import { quorate } from '../harness/command.ts'
import { testUnless } from '../harness/requirement.ts'
import { until } from '../harness/until.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 })

const PORTS = [2379, 2380, 22379, 22380, 32379, 32380]

const withPorts = testUnless(await whoseAreThey())

async function whoseAreThey(): Promise<string | null> {
  for (const port of PORTS) {
    const server = createServer()
    const isFree = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
    })
    if (!isFree) return `port ${port}, which quorate dev needs, is in use by somebody else`
  }
  return null
}

class Dev {
  readonly directory = mkdtempSync(join(tmpdir(), 'quorate-dev-'))
  readonly ended: Promise<number | null>
  readonly #child
  said = ''
  isRunning = true

  constructor(...args: string[]) {
    this.#child = spawn(process.execPath, [QUORATE, 'dev', ...args], { cwd: this.directory, stdio: 'pipe' })
    this.#child.stdout.on('data', (chunk: Buffer) => {
      this.said += chunk.toString()
    })
    this.ended = new Promise(resolve => {
      this.#child.on('close', status => {
        this.isRunning = false
        resolve(status)
      })
    })
  }

  signal(name: 'SIGINT' | 'SIGKILL'): void {
    this.#child.kill(name)
  }

  /** Name to pid, from the table. */
  pids(): Map<string, number> {
    const rows = this.said.matchAll(/^(n\d) +(\d+) +http/gm)
    return new Map([...rows].map(([, name, pid]) => [name!, Number(pid)]))
  }

  says(words: string): Promise<void> {
    return until(
      `quorate dev to say "${words}", after:\n${this.said}`,
      () => this.said.includes(words),
      90_000,
    )
  }
}

let dev: Dev

afterEach(async () => {
  if (dev.isRunning) {
    dev.signal('SIGKILL')
    await dev.ended
    // The nodes end by themselves when nobody holds the other end.
    await until('no node to be left', () => [...dev.pids().values()].every(pid => !isAlive(pid)), 60_000)
  }
  rmSync(dev.directory, { recursive: true, force: true })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

withPorts(
  'starts three processes, prints them, starts a killed one again, and stops all on SIGINT',
  async () => {
    dev = new Dev()
    await dev.says('Ctrl-C stops all nodes.')
    expect(dev.said).toMatch(/^NAME +PID +CLIENT URL\n/)
    const pids = dev.pids()
    expect([...pids.keys()]).toEqual(['n1', 'n2', 'n3'])
    for (const pid of pids.values()) expect(isAlive(pid)).toBe(true)
    for (const port of [2379, 22379, 32379]) expect(dev.said).toContain(`http://127.0.0.1:${port}`)
    expect(dev.said).toContain('kv put hello world')

    expect((await quorate(['kv', 'put', 'hello', 'world'])).stdout).toBe('OK\n')
    const endpoints = '127.0.0.1:2379,127.0.0.1:22379,127.0.0.1:32379'
    process.kill(pids.get('n1')!, 'SIGKILL')
    expect((await quorate(['kv', 'get', 'hello', '--endpoints', endpoints])).stdout).toBe('hello\nworld\n')
    await dev.says('n1 died (SIGKILL), started again as pid ')
    const again = Number(/started again as pid (\d+)/.exec(dev.said)?.[1])
    expect(isAlive(again)).toBe(true)
    await until(
      'n1 to serve again',
      async () => (await fetch('http://127.0.0.1:2379/health')).status === 200,
      60_000,
    )
    expect((await quorate(['kv', 'get', 'hello'])).stdout).toBe('hello\nworld\n')

    dev.signal('SIGINT')
    expect(await dev.ended).toBe(0)
    for (const pid of [...pids.values(), again]) expect(isAlive(pid)).toBe(false)
  },
)

withPorts('when it is killed itself, no node outlives it', async () => {
  dev = new Dev('--nodes', '1')
  await dev.says('Ctrl-C stops all nodes.')
  const pids = [...dev.pids().values()]
  expect(pids).toHaveLength(1)
  dev.signal('SIGKILL')
  await dev.ended
  await until('the node to be gone', () => pids.every(pid => !isAlive(pid)), 60_000)
})

withPorts('a port that is taken is named, everything is stopped, and the status says so', async () => {
  const holder = createServer()
  await new Promise<void>(resolve => holder.listen(2379, '127.0.0.1', resolve))
  dev = new Dev('--nodes', '1')
  expect(await dev.ended).toBe(3)
  expect(dev.said).toContain('n1 does not start:')
  expect(dev.said).toContain('http://127.0.0.1:2379 is in use by another process [QUORATE_ADDRESS_IN_USE]')
  await new Promise(resolve => holder.close(resolve))
})

withPorts('another number of nodes on the data of before is refused, and the data is kept', async () => {
  dev = new Dev('--nodes', '1')
  await dev.says('Ctrl-C stops all nodes.')
  expect((await quorate(['kv', 'put', 'kept', 'yes'])).stdout).toBe('OK\n')
  dev.signal('SIGINT')
  expect(await dev.ended).toBe(0)
  const { directory } = dev
  const wider = await quorate(['dev', '--nodes', '2'], { directory })
  expect(wider.stdout).toContain('[QUORATE_DATA_DIR_FOREIGN_CLUSTER]')
  expect(wider.stdout).toContain(
    'data was made with another --nodes, or with or without --tls: start it as before, or give another --data-dir',
  )
  expect(wider.status).toBe(3)
  dev = new Dev('--nodes', '1', '--data-dir', join(directory, 'data'))
  await dev.says('Ctrl-C stops all nodes.')
  expect((await quorate(['kv', 'get', 'kept'])).stdout).toBe('kept\nyes\n')
  dev.signal('SIGINT')
  expect(await dev.ended).toBe(0)
  rmSync(directory, { recursive: true, force: true })
})
