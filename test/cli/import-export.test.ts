/** Import and export as processes: nothing is changed on the way, nothing lost, nothing written twice. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { Cluster } from '../harness/cluster.ts'
import { type CommandInput, type CommandOutcome, quorate } from '../harness/command.ts'
import { missing, testUnless } from '../harness/requirement.ts'
import { until } from '../harness/until.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

let cluster: Cluster
let directory: string

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'quorate-import-'))
  cluster = await Cluster.start()
}, 60_000)

beforeEach(async () => {
  await kv(['del', '', '--prefix'])
})

afterAll(async () => {
  await cluster.destroy()
  rmSync(directory, { recursive: true, force: true })
})

function kv(args: readonly string[], input: CommandInput = {}): Promise<CommandOutcome> {
  return quorate(['kv', ...args, '--endpoints', cluster.endpoints.join(',')], input)
}

const importText = (stdin: string | Uint8Array): Promise<CommandOutcome> =>
  kv(['import', '--json'], { stdin })

/** Every write is a revision: an import of what is there makes none. */
async function revision(position = 0): Promise<number> {
  const response = await fetch(`${cluster.endpoints[position]}/metrics`)
  return Number(/^etcd_debugging_mvcc_current_revision (\d+)$/m.exec(await response.text())?.[1])
}

function lines(count: number, size = 10): string {
  const line = (i: number): string => JSON.stringify({ key: `k${i}`, value: `${i}-`.padEnd(size, 'v') })
  return Array.from({ length: count }, (_, i) => `${line(i)}\n`).join('')
}

test('from a file or standard input; a second import writes nothing', async () => {
  const file = join(directory, 'pairs.jsonl')
  writeFileSync(file, lines(500))
  expect(await kv(['import', file])).toMatchObject({
    status: 0,
    stdout: '500 written, 0 unchanged\n',
    stderr: '',
  })
  const before = await revision()
  expect(JSON.parse((await importText(lines(500))).stdout)).toEqual({ written: 0, unchanged: 500 })
  expect(await revision()).toBe(before)
})

test('of a key that comes twice the last value stays, blank lines and a missing last newline are fine', async () => {
  const text = [
    '{"key":"a","value":"1"}',
    '',
    ' \t\r',
    '{"key":"b","value":""}',
    '{"value":"2","key":"a"}',
  ].join('\n')
  expect(JSON.parse((await importText(text)).stdout)).toEqual({ written: 3, unchanged: 0 })
  expect((await kv(['get', '', '--prefix'])).stdout).toBe('a\n2\nb\n\n')
  // In flight together, the second "a" would find the first one there, and the "b" would win.
  const values = ['a', 'b', 'a'].map(value => JSON.stringify({ key: 'same', value }))
  await importText(`${values.join('\n')}\n${lines(500)}`)
  expect((await kv(['get', 'same', '--print-value-only'])).stdout).toBe('a\n')
})

test('any bytes travel as base64, and an export is imported to the same bytes', async () => {
  const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i))
  const pairs = [
    { keyBase64: every.toString('base64'), valueBase64: Buffer.from(every).reverse().toString('base64') },
    { key: 'text', valueBase64: Buffer.from([0xff]).toString('base64') },
    { key: '\ufeffmark \u0000 "quoted" \u2028 \u{1f4a7}\n', value: '\ufeff\r\n\t\\' },
    { key: 'empty', value: '' },
    { key: 'large', value: 'x\n'.repeat(500_000) },
  ]
  const text = pairs.map(pair => `${JSON.stringify(pair)}\n`).join('')
  expect(JSON.parse((await importText(text)).stdout)).toEqual({ written: pairs.length, unchanged: 0 })
  const exported = await kv(['export'])
  expect(exported.status).toBe(0)
  expect(exported.stdout.split('\n')).toHaveLength(pairs.length + 1)
  expect(JSON.parse((await importText(exported.bytes)).stdout)).toEqual({
    written: 0,
    unchanged: pairs.length,
  })
  await kv(['del', '', '--prefix'])
  expect(JSON.parse((await importText(exported.bytes)).stdout)).toEqual({
    written: pairs.length,
    unchanged: 0,
  })
  expect((await kv(['export'])).bytes.equals(exported.bytes)).toBe(true)
  expect((await kv(['export', '--prefix', 'em'])).stdout).toBe('{"key":"empty","value":""}\n')
})

test('an export of more than a page is all of it, in order', async () => {
  await importText(lines(2_500))
  const keys = (await kv(['export'])).stdout
    .trim()
    .split('\n')
    .map(line => (JSON.parse(line) as { key: string }).key)
  expect(keys).toEqual(Array.from({ length: 2_500 }, (_, i) => `k${i}`).toSorted())
})

test.each<[string, string | Uint8Array]>([
  ['not JSON', '{"key":"x"'],
  ['not UTF-8', Uint8Array.of(0x22, 0xff, 0x22)],
])('a bad line (%s) is refused with its number; those before it are there', async (problem, bad) => {
  const good = lines(200)
  const text = Buffer.concat([
    Buffer.from(`\n${good}`),
    Buffer.from(bad),
    Buffer.from('\n{"key":"z","value":"z"}\n'),
  ])
  const { status, stdout, stderr } = await importText(text)
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' })
  expect(stderr).toMatch(/^error: line 202: .* \[QUORATE_IMPORT_LINE\]\nhint: .*\n$/)
  expect(stderr).toContain(problem)
  expect((await kv(['get', 'k', '--prefix', '--count-only'])).stdout).toBe('200\n')
})

test('a line without end is refused before it fills the memory', async () => {
  const file = join(directory, 'endless.jsonl')
  writeFileSync(file, Buffer.alloc(20 * 1024 * 1024, 0x61))
  const { status, stderr } = await kv(['import', file])
  expect(status).toBe(1)
  expect(stderr).toContain('line 1: longer than 18874368 bytes [QUORATE_IMPORT_LINE]')
})

test('a value over the limit is refused in the words of the cluster; those before it are there', async () => {
  const text = `${lines(50)}${JSON.stringify({ key: 'big', value: 'x'.repeat(1_600_000) })}\n`
  const { status, stderr } = await importText(text)
  expect(status).toBe(1)
  expect(stderr).toContain('etcdserver: request is too large [QUORATE_CLIENT_REJECTED]')
  expect((await kv(['get', 'k', '--prefix', '--count-only'])).stdout).toBe('50\n')
})

test.each(['no-such-file', '.'])('a file that cannot be read (%s) is QUORATE_IMPORT_FILE', async name => {
  const { status, stderr } = await kv(['import', join(directory, name)])
  expect(status).toBe(1)
  expect(stderr).toMatch(/^error: cannot read .*(ENOENT|EISDIR).* \[QUORATE_IMPORT_FILE\]\n$/)
})

test('an import outlives the death of each node in turn, and then every pair is there once', async () => {
  const count = 6_000
  const text = lines(count, 200)
  let ended = false
  const running = importText(text).finally(() => {
    ended = true
  })
  let kills = 0
  for (let i = 0; !ended && i < 6; i++) {
    const victim = cluster.node(i % 3)
    const seen = await progressed(i % 3, () => ended)
    if (!seen) break
    await victim.kill()
    kills++
    victim.start()
    await victim.becomesHealthy(60_000)
  }
  const { status, stdout, stderr } = await running
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(kills).toBeGreaterThan(0)
  const { written, unchanged } = JSON.parse(stdout) as { written: number; unchanged: number }
  expect(written + unchanged).toBe(count)
  const again = JSON.parse((await importText(text)).stdout) as unknown
  expect(again).toEqual({ written: 0, unchanged: count })
  const exported = (await kv(['export'])).stdout.split('\n').filter(line => line !== '')
  expect(exported.toSorted()).toEqual(text.trim().split('\n').toSorted())
}, 120_000)

/** True once the node has some more of the import than now; false if the import ended before. */
async function progressed(position: number, ended: () => boolean): Promise<boolean> {
  const before = await revision(position)
  await until('the import to go on', async () => ended() || (await revision(position)) > before + 50, 60_000)
  return !ended()
}

testUnless(missing('etcd', '--version'))('pairs move from an etcd and back, to the byte', async () => {
  const etcd = await Cluster.start({ program: 'etcd', nodes: 1, flags: ['--log-level=error'] })
  try {
    const there = ['--endpoints', etcd.endpoints.join(',')]
    const pairs = `${lines(300)}{"keyBase64":"/w==","valueBase64":"AP8="}\n`
    expect(await quorate(['kv', 'import', ...there], { stdin: pairs })).toMatchObject({ status: 0 })
    const { stdout: exported } = await quorate(['kv', 'export', ...there])
    expect(await importText(exported)).toMatchObject({ status: 0, stdout: '{"written":301,"unchanged":0}\n' })
    expect((await kv(['export'])).stdout).toBe(exported)
    const back = await quorate(['kv', 'import', '--json', ...there], { stdin: exported })
    expect(back).toMatchObject({ status: 0, stdout: '{"written":0,"unchanged":301}\n' })
  } finally {
    await etcd.destroy()
  }
})
