/**
 * What a node does in one piece, because it is one step of the log: the end of a lease with many keys, a deletion of as
 * many, and changes of users that touch many of them. On the store, without log and network, five times each: for so
 * long everything else has to wait. Time of the processor: other programs of the machine do not count.
 * `npx tsx bench/one-piece.ts [KEYS]`
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { authSettings } from '../src/machines/kv/auth/auth-store.ts'
import { TOKENS_PER_USER_MAX, USERS_MAX } from '../src/machines/kv/auth/limits.ts'
import type { AuthOperation } from '../src/machines/kv/auth/types.ts'
import { encodeCommand } from '../src/machines/kv/command-codec.ts'
import type { KvCommand, PlainCommand } from '../src/machines/kv/types.ts'
import { put, remove } from '../test/harness/kv-operations.ts'
import { KvReplica } from '../test/harness/kv-replica.ts'
import { openStoreOnDisk } from './store-on-disk.ts'

const KEYS = Number(process.argv[2] ?? 10_000)
const TIMES = 5
/** Besides root: as many as there may be. */
const USERS = USERS_MAX - 1

const directory = mkdtempSync(join(tmpdir(), 'quorate-bench-'))
const store = await openStoreOnDisk(directory)
const replica = new KvReplica(store)

async function checkpoint(): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    store.checkpoint(error => (error === null ? resolve() : reject(error)))
  })
}

async function applied(commands: readonly KvCommand[]): Promise<void> {
  for (let from = 0; from < commands.length; from += 64) {
    replica.applyAll(commands.slice(from, from + 64))
    await turn()
    if (store.checkpointDue) await checkpoint()
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1_000
}

/** @param command made when everything is prepared */
async function measure(
  what: string,
  prepare: () => readonly KvCommand[],
  command: () => KvCommand,
): Promise<void> {
  const tookMs: number[] = []
  for (let time = 0; time < TIMES; time++) {
    await applied(prepare())
    const encoded = encodeCommand(command())
    const start = cpuMs()
    const [result] = replica.applyBytes([encoded])
    tookMs.push(cpuMs() - start)
    if (result?.kind === 'refused') throw new Error(`${what}: ${result.reason}`)
    await checkpoint()
    replica.sweepAll()
  }
  const each = tookMs.map(ms => ms.toFixed(0)).join(' ')
  console.log(`${what.padEnd(50)} ${each} ms`)
}

const many = <T>(count: number, make: (i: number) => T): T[] =>
  Array.from({ length: count }, (_, i) => make(i))
const auth = (operation: AuthOperation): KvCommand => ({ kind: 'auth', auth: operation })
const asRoot = (operation: AuthOperation): KvCommand => ({
  kind: 'asked',
  asker: { user: 'root', authRevision: standing().revision },
  command: auth(operation) as PlainCommand,
})
const standing = () => authSettings(store)
const userOf = (i: number): string => `user${i}`
const digestOf = (i: number): Uint8Array =>
  new Uint8Array(Buffer.from(i.toString(16).padStart(64, '0'), 'hex'))
const token = (user: string, i: number): KvCommand =>
  auth({
    kind: 'tokenAdd',
    tokenAdd: { user, authRevision: standing().revision, digest: digestOf(i), ttlSeconds: 300 },
  })
const keyOf = (i: number): string => `leased/${i.toString().padStart(8, '0')}`
const value = 'v'.repeat(100)

await measure(
  `a lease with ${KEYS} keys is revoked`,
  () => [
    { kind: 'leaseGrant', leaseGrant: { id: 1n, ttlSeconds: 60 } },
    ...many(KEYS, i => put(keyOf(i), value, { lease: 1n })),
  ],
  () => ({ kind: 'leaseRevoke', leaseRevoke: { id: 1n } }),
)
await measure(
  `${KEYS} keys are deleted`,
  () => many(KEYS, i => put(keyOf(i), value)),
  () => remove('leased/', 'leased0'),
)

await applied([
  auth({ kind: 'userAdd', userAdd: { name: 'root', password: new Uint8Array(64) } }),
  auth({ kind: 'roleAdd', name: 'root' }),
  auth({ kind: 'userGrantRole', userGrantRole: { user: 'root', role: 'root' } }),
  ...many(USERS, i => auth({ kind: 'userAdd', userAdd: { name: userOf(i), password: new Uint8Array(64) } })),
])
await measure(
  `a role of ${USERS} users is deleted`,
  () => [
    auth({ kind: 'roleAdd', name: 'many' }),
    ...many(USERS, i => auth({ kind: 'userGrantRole', userGrantRole: { user: userOf(i), role: 'many' } })),
  ],
  () => auth({ kind: 'roleDelete', name: 'many' }),
)
await measure(
  `authentication is turned off, ${USERS} users having a token each`,
  () => [auth({ kind: 'enable' }), ...many(USERS, i => token(userOf(i), i))],
  () => asRoot({ kind: 'disable' }),
)
await applied([auth({ kind: 'enable' })])
await measure(
  `a user's password is changed who has ${TOKENS_PER_USER_MAX} tokens`,
  () => many(TOKENS_PER_USER_MAX, i => token(userOf(0), i)),
  () =>
    asRoot({
      kind: 'userChangePassword',
      userChangePassword: { name: userOf(0), password: new Uint8Array(64) },
    }),
)
rmSync(directory, { recursive: true, force: true })
process.exit(0)
