/**
 * What etcdctl is asked in the differential test: every flag of its key-value commands, each line on top of
 * what the lines before it left.
 */
export interface Step {
  readonly args: readonly string[]
  readonly stdin?: string
}

const step = (...args: string[]): Step => ({ args })
const txn = (stdin: string, ...flags: string[]): Step => ({ args: ['txn', ...flags], stdin })

const put = (key: string, value: string, ...flags: string[]): Step => step('put', ...flags, '--', key, value)
const get = (...args: string[]): Step => step('get', ...args)

const WRITES: Step[] = [
  put('a', '1'),
  put('a', '2', '--prev-kv'),
  put('b', 'banana'),
  put('ba', 'empty'),
  put('bb', ''),
  put('c/1', 'x'),
  put('c/2', 'z'),
  put('c/3', 'y'),
  put('-dash', '-value'),
  put('\u00e4\u6c34\u{1f4a7}', '\u20ac'),
  { args: ['put', 'from-stdin'], stdin: 'line 1\nline 2\n' },
  put('a', 'left as it is', '--ignore-value'),
  step('put', '--ignore-value', 'a'),
  step('put', '--ignore-value', 'no such key'),
  step('put', '--ignore-lease', 'a', '3'),
  step('put', '--lease=1', 'a', '4'),
  put('', 'no key'),
]

const READS: Step[] = [
  get('a'),
  get('a', '-w', 'json'),
  get('a', '-w', 'fields'),
  get('a', '--hex'),
  get('\u00e4\u6c34\u{1f4a7}', '--hex'),
  get('no such key', '-w', 'json'),
  get('', '-w', 'json'),
  get('', '--prefix'),
  get('', '--from-key', '--keys-only'),
  get('b', '--prefix', '-w', 'json'),
  get('b', '--from-key', '-w', 'fields'),
  get('a', 'bb'),
  get('z', 'a'),
  get('c/', '--prefix', '--limit=2', '-w', 'json'),
  get('c/', '--prefix', '--limit=2', '--order=DESCEND'),
  ...['CREATE', 'KEY', 'MODIFY', 'VALUE', 'VERSION'].flatMap(by => [
    get('', '--prefix', `--sort-by=${by}`, '-w', 'json'),
    get('', '--prefix', `--sort-by=${by}`, '--order=DESCEND', '--limit=3', '-w', 'json'),
  ]),
  get('', '--prefix', '--order=ASCEND', '--keys-only'),
  get('', '--prefix', '--sort-by=NONSENSE'),
  get('', '--prefix', '--keys-only', '-w', 'json'),
  // Of etcdctl 3.5 and newer; older ones refuse it alike.
  get('', '--prefix', '--count-only', '-w', 'fields'),
  get('b', '--print-value-only', '--prefix'),
  get('a', '--rev=2'),
  get('', '--prefix', '--rev=4', '-w', 'json'),
  get('a', '--rev=1000'),
  get('a', '--rev=-1'),
  get('a', '--consistency=s', '-w', 'json'),
  get('a', '--consistency=l', '-w', 'json'),
  get('a', '--consistency=x'),
]

const TRANSACTIONS: Step[] = [
  txn('value("a") = "3"\n\nput a 5\nget a\n\nget b\n\n', '-w', 'json'),
  txn('value("a") = "3"\n\nput a 6\n\nget a\nget c/ --prefix\n\n', '-w', 'json'),
  txn('ver("a") > "1"\nmod("a") > "2"\ncreate("a") = "2"\nval("b") < "c"\n\nget a\n\nget b\n\n'),
  txn('create("new") = "0"\n\nput new 1\n\nget new\n\n', '-w', 'json'),
  txn('create("new") = "0"\n\nput new 2\n\nget new\n\n', '-w', 'json'),
  txn(
    'mod("no such key") = "0"\nver("no such key") = "0"\n\ndel c/3 --prev-kv\nput c/4 w\n\n\n',
    '-w',
    'json',
  ),
  txn('\nput d 1\nput d 2\n\n\n'),
  txn('\nput d 1\ndel d\n\n\n'),
  txn('\ndel d\nget d\n\n\n', '-w', 'json'),
  txn('value("a") = "5"\n\nget a\n\nget b\n\n', '-i'),
  txn('nonsense\n\n\n\n'),
  txn(`\n${Array.from({ length: 129 }, (_, i) => `put many${i} x`).join('\n')}\n\n\n`),
  txn(`\n${Array.from({ length: 128 }, (_, i) => `put many${i} x`).join('\n')}\n\n\n`),
  get('many', '--prefix', '--limit=1', '-w', 'fields'),
]

const DELETIONS: Step[] = [
  step('del', 'no such key'),
  step('del', 'many', '--prefix'),
  step('del', 'c/', '--prefix', '--prev-kv', '-w', 'json'),
  step('del', 'b', 'bb', '--prev-kv'),
  step('del', ''),
  get('', '--prefix', '-w', 'json'),
  step('del', 'f', '--from-key', '--prev-kv'),
  step('del', '', '--prefix', '-w', 'json'),
  get('', '--prefix', '-w', 'json'),
]

const REFUSALS: Step[] = [step('lease', 'nonsense'), step('nonsense'), step('compaction', 'soon')]

export const SCRIPT: readonly Step[] = [...WRITES, ...READS, ...TRANSACTIONS, ...DELETIONS, ...REFUSALS]

/** Compactions at the revision that `revision` names; then reads on both sides of it. */
export function compactions(revision: number): Step[] {
  return [
    put('h', '1'),
    put('h', '2'),
    put('h', '3'),
    step('compaction', String(revision + 2)),
    get('h', `--rev=${revision + 1}`),
    get('h', `--rev=${revision + 2}`),
    step('compaction', String(revision + 2)),
    step('compaction', '1000000'),
    step('compaction', '--physical', String(revision + 3)),
    get('h', '--rev=2'),
    step('del', 'h'),
  ]
}
