/** What `--help` says is what stands. */
import { expect, test, vi } from 'vitest'
import { ETCD_FLAGS } from '../../src/cli/flag-table/index.ts'
import { quorate } from '../harness/command.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000 })

const words = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(match => match[1]!)

async function help(...command: string[]): Promise<string> {
  const { status, stdout, stderr } = await quorate([...command, '--help'])
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  return stdout
}

test.each([
  [
    [],
    [
      ...'dev server certs kv lease member auth user role lock decide elect status'.split(' '),
      ...'alarm compact defrag store recover snapshot sim lab help'.split(' '),
    ],
  ],
  [['kv'], ['get', 'put', 'del', 'txn', 'watch', 'import', 'export', 'help']],
  [['lease'], ['grant', 'revoke', 'keep-alive', 'timetolive', 'list', 'help']],
  [['member'], ['list', 'add', 'remove', 'update', 'promote', 'help']],
  [['store'], ['verify', 'stats', 'help']],
  [['snapshot'], ['save', 'status', 'restore', 'help']],
])('quorate %j lists its commands, and each has a help of its own', async (parent, commands) => {
  const listed = words((await help(...parent)).split('Commands:')[1]!, /^ {2}([\w-]+)/gm)
  expect(listed).toEqual(commands)
  for (const command of listed.filter(name => name !== 'help')) {
    expect(await help(...parent, command)).toMatch(/^Usage: quorate /)
  }
})

/** Of every command that asks a cluster. */
const CLUSTER = ['endpoints', 'user', 'cacert', 'cert', 'key', 'insecure-skip-tls-verify']

test.each<[string, string[]]>([
  ['certs', ['dir', 'hosts', 'client', 'days', 'authority', 'json']],
  [
    'kv get',
    [
      ...CLUSTER,
      ...'prefix from-key range-end limit rev keys-only count-only print-value-only serializable json'.split(
        ' ',
      ),
    ],
  ],
  ['kv put', [...CLUSTER, 'lease', 'prev-kv', 'json']],
  ['kv txn', [...CLUSTER, 'json']],
  ['lock', [...CLUSTER, 'ttl', 'list', 'json']],
  ['elect', [...CLUSTER, 'ttl', 'json']],
  ['lease grant', [...CLUSTER, 'json']],
  ['lease keep-alive', [...CLUSTER, 'once', 'json']],
  ['lease timetolive', [...CLUSTER, 'keys', 'json']],
  ['kv del', [...CLUSTER, 'prefix', 'from-key', 'range-end', 'prev-kv', 'json']],
  ['kv import', [...CLUSTER, 'json']],
  ['snapshot save', [...CLUSTER, 'json']],
  ['snapshot status', ['json']],
  ['kv export', [...CLUSTER, 'prefix']],
  ['member list', [...CLUSTER, 'json']],
  ['member add', [...CLUSTER, 'peer-urls', 'learner', 'promote', 'json']],
  ['member remove', [...CLUSTER, 'json']],
  ['member update', [...CLUSTER, 'peer-urls', 'json']],
  ['member promote', [...CLUSTER, 'json']],
  ['status', [...CLUSTER, 'json']],
  ['store verify', ['json']],
  ['store stats', ['json']],
  ['recover', ['yes', 'json']],
  ['sim', ['seed', 'seeds', 'minutes', 'scenario', 'bug', 'trace', 'histories', 'json', 'consensus']],
  ['lab', ['nodes', 'seed', 'fault', 'check', 'seeds', 'html', 'json']],
  ['dev', ['nodes', 'data-dir', 'consensus', 'tls']],
])('quorate %s shows its flags, and takes no other', async (command, flags) => {
  const shown = words(await help(...command.split(' ')), /^ {2}(?:-h, )?--([a-z-]+)/gm)
  expect(shown.toSorted()).toEqual([...flags, 'help'].toSorted())
})

test('quorate server shows every flag of etcd, by what becomes of it', async () => {
  const text = await help('server')
  const shown = words(text, /^ {2}--([a-z-]+) /gm)
  const of = (kind: string): string[] =>
    Object.keys(ETCD_FLAGS).filter(name => ETCD_FLAGS[name]?.kind === kind)
  expect(shown).toEqual(of('used'))
  expect(text).toContain(`without effect: ${of('idle').join(', ')}`)
  expect(text).toContain(`would not be safe: ${of('refused').join(', ')}`)
})
