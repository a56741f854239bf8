/**
 * Every command of etcdctl (3.4), each with what it is asked in the test beside this. Commands of keys are asked at
 * length in `etcdctl-script.ts`; here they appear so that none is forgotten.
 *
 * `ID` in an argument is the id that was printed last when something was granted or added; `OTHER` is a member that
 * does not lead, `OUT` a file.
 */
export interface CommandStep {
  readonly args: readonly string[]
  readonly stdin?: string
  /** Whom it asks: one node (the default), all of them, or whoever leads. */
  readonly asks?: 'all' | 'leader'
  /** What of its output is the same whoever answers. Without it: all, but for ids, addresses and times. */
  readonly compares?: 'its status' | 'the shape of its lines'
  /** It is asked again until this is in what it says. */
  readonly until?: string
  /** It goes on for ever: stopped when this is in what it says. */
  readonly stops?: string
}

const step = (line: string, more: Omit<CommandStep, 'args'> = {}): CommandStep => ({
  args: line.split(' '),
  ...more,
})

const ALARMS = [step('alarm list'), step('alarm disarm'), step('alarm nonsense')]

const ENDPOINTS = [
  step('endpoint health', { asks: 'all', compares: 'the shape of its lines' }),
  step('endpoint health --cluster', { compares: 'the shape of its lines' }),
  step('endpoint status', { asks: 'all', compares: 'the shape of its lines' }),
  step('endpoint status --cluster -w fields', { compares: 'its status' }),
  step('endpoint status -w table', { compares: 'its status' }),
  step('endpoint hashkv', { asks: 'all' }),
  step('endpoint hashkv --cluster --rev=2', { compares: 'the shape of its lines' }),
]

const KEYS = [
  step('put c/key value'),
  step('get c/key -w fields'),
  { args: ['txn'], stdin: 'ver("c/key") > "0"\n\nput c/key other\n\n\n' },
  step('del c/key --prev-kv'),
  step('compaction 3'),
  step('watch --rev=4 --prefix c/', { stops: 'DELETE' }),
]

const LEASES = [
  step('lease grant 100'),
  step('lease timetolive ID --keys'),
  step('lease list'),
  step('lease keep-alive --once ID'),
  step('lease keep-alive ID', { stops: 'keepalived' }),
  step('lease revoke ID'),
]

const CONTENTION = [
  step('lock c/lock echo held'),
  step('lock --ttl=5 c/lock', { stops: 'c/lock/' }),
  step('elect c/elect me', { stops: 'me' }),
  step('get c/elect --prefix'),
]

const MEMBERS = [
  step('member list'),
  step('member list -w table'),
  step('member add x --learner --peer-urls=http://127.0.0.1:1', { until: 'added' }),
  step('member list'),
  step('member promote ID'),
  step('member add y --learner --peer-urls=http://127.0.0.1:3'),
  step('member update ID --peer-urls=http://127.0.0.1:2'),
  step('member remove ID'),
  step('member remove ID'),
  step('member promote 123'),
  step('member update 123 --peer-urls=http://127.0.0.1:2'),
  step('move-leader OTHER', { asks: 'leader' }),
  step('move-leader 123', { asks: 'leader' }),
]

const MAINTENANCE = [
  step('defrag'),
  step('defrag', { asks: 'all', compares: 'the shape of its lines' }),
  step('snapshot save OUT', { compares: 'the shape of its lines' }),
  step('check perf --load=nonsense'),
  step('check datascale --load=nonsense'),
]

const ROLES = [
  step('role add r'),
  step('role add r'),
  { args: ['role', 'add', ''] },
  step('role list'),
  step('role grant-permission r readwrite k'),
  step('role grant-permission r read a b'),
  step('role grant-permission r write p/ --prefix'),
  step('role grant-permission r read z --from-key'),
  step('role grant-permission r nonsense k'),
  step('role grant-permission none read k'),
  step('role get r'),
  step('role get r -w json'),
  step('role get none'),
  step('role revoke-permission r k'),
  step('role revoke-permission r k'),
  step('role revoke-permission r p/ --prefix'),
  step('role grant-permission r readwrite k'),
]

const USERS = [
  step('user add u:pw'),
  step('user add u:pw'),
  step('user add n --no-password'),
  step('user add v --new-user-password=pw'),
  { args: ['user', 'add', 'w', '--interactive=false'], stdin: 'pw\n' },
  step('user list'),
  step('user get u'),
  step('user get none'),
  step('user grant-role u r'),
  step('user grant-role u none'),
  step('user grant-role none r'),
  step('user get u --detail'),
  step('user revoke-role u none'),
  { args: ['user', 'passwd', 'u', '--interactive=false'], stdin: 'pw2\n' },
  step('user delete n'),
  step('user delete n'),
  step('user delete v'),
  step('user delete w'),
]

const ROOT = ['--user=root:rootpw'] as const
const asRoot = (line: string): CommandStep => ({ args: [...ROOT, ...line.split(' ')] })
const asUser = (line: string): CommandStep => ({ args: ['--user=u:pw2', ...line.split(' ')] })

const AUTHENTICATED = [
  step('auth enable'),
  step('user add root:rootpw'),
  step('auth enable'),
  step('user grant-role root root'),
  step('auth enable'),
  step('get k'),
  step('--user=u:wrong get k'),
  step('--user=nobody:pw get k'),
  asUser('put k v'),
  asUser('get k'),
  asUser('put other v'),
  asUser('get a b'),
  asUser('get a c'),
  asUser('del k'),
  asUser('role list'),
  asUser('user get u'),
  asUser('user get root'),
  asUser('role get r'),
  asUser('member list --hex'),
  asRoot('role list'),
  asRoot('user revoke-role u r'),
  asUser('get k'),
  asRoot('user revoke-role root root'),
  asRoot('user delete root'),
  asUser('auth disable'),
  asRoot('auth disable'),
  step('auth disable'),
  step('user delete u'),
  step('user delete root'),
  step('role delete r'),
  step('role delete r'),
]

/** They ask no server, or only one that another test starts for them. */
export const LOCAL: Readonly<Record<string, string>> = {
  'completion bash': 'prints a script',
  'completion fish': 'prints a script',
  'completion powershell': 'prints a script',
  'completion zsh': 'prints a script',
  help: 'prints a text',
  version: 'prints its own',
  migrate: 'reads a directory of etcd 2',
  'snapshot status': 'reads a file of etcd; ours are told by `quorate snapshot status`',
  'snapshot restore': 'reads a file of etcd; ours are restored by `quorate snapshot restore`',
  'make-mirror': 'has a test of its own below',
}

export const GROUPS: readonly (readonly [string, readonly CommandStep[]])[] = [
  ['alarms', ALARMS],
  ['endpoints', ENDPOINTS],
  ['keys', KEYS],
  ['leases', LEASES],
  ['locks and elections', CONTENTION],
  ['members', MEMBERS],
  ['maintenance', MAINTENANCE],
  ['roles', ROLES],
  ['users', USERS],
  ['authentication', AUTHENTICATED],
]
