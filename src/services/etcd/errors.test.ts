import { readFileSync, writeFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { GrpcStatus } from '../../wire/grpc/status.ts'
import { type EtcdError, EtcdErrors } from './errors.ts'

const ALL: readonly EtcdError[] = Object.values(EtcdErrors)

/** The table of `api/v3rpc/rpctypes/error.go`, gRPC code and message, as clients match them. */
const REFERENCE = `
1 watch canceled
1 request canceled
3 key is not provided
3 key not found
3 value is provided
3 lease is provided
3 too many operations in txn request
3 duplicate key given in txn request
3 invalid client api version
3 invalid sort option
3 given member URLs are invalid
3 request is too large
3 user name is empty
3 role name is empty
3 authentication failed, invalid user ID or password
3 permission not given
3 invalid auth management
3 revision of auth store is old
3 wrong downgrade target version format
3 invalid downgrade target version
4 context deadline exceeded
5 requested lease not found
5 member not found
7 permission denied
8 mvcc: database space exceeded
8 too many requests
9 lease already exists
9 member ID already exist
9 Peer URLs already exists
9 re-configuration failed due to not enough started members
9 can only promote a learner member
9 can only promote a learner member which is in sync with leader
9 too many learner members in cluster
9 cluster ID mismatch
9 root user does not exist
9 root user does not have root role
9 user name already exists
9 user name not found
9 role name already exists
9 role name not found
9 role is not granted to the user
9 permission is not granted to the role
9 authentication is not enabled
9 not leader
9 not capable
9 rpc not supported for learner
9 bad leader transferee
9 cluster version not found during downgrade
9 cluster has a downgrade job in progress
9 no inflight downgrade job
11 mvcc: required revision has been compacted
11 mvcc: required revision is a future revision
11 too large lease TTL
14 no leader
14 leader changed
14 server stopped
14 request timed out
14 request timed out, possibly due to previous leader failure
14 request timed out, possibly due to connection lost
14 request timed out, waiting for the applied index took too long
14 unhealthy cluster
15 corrupt cluster
16 invalid auth token
`

test('the catalogue holds the 63 errors of etcd, code and message as etcd answers them', () => {
  const ours = ALL.map(error => `${error.status} ${error.message}`)
  const theirs = REFERENCE.trim()
    .split('\n')
    .map(line => line.replace(' ', ' etcdserver: '))
  expect(ours.toSorted()).toEqual(theirs.toSorted())
  expect(ours).toHaveLength(63)
})

test('every code of ours is there once', () => {
  expect(new Set(ALL.map(error => error.code)).size).toBe(ALL.length)
  for (const error of ALL) expect(error.code).toMatch(/^QUORATE_ETCD_[A-Z_]+$/)
})

test('an error of unknown outcome has a status with which clients do not take a write for undone', () => {
  const unsure: GrpcStatus[] = [GrpcStatus.unavailable, GrpcStatus.cancelled, GrpcStatus.deadlineExceeded]
  for (const error of ALL) if (error.outcome === 'unknown') expect(unsure).toContain(error.status)
})

const PAGE = new URL('../../../docs/reference/errors.md', import.meta.url)
const BEGIN = '<!-- etcd: from src/services/etcd/errors.ts -->'
const END = '<!-- /etcd -->'

function table(): string {
  const names = Object.fromEntries(Object.entries(GrpcStatus).map(([name, number]) => [number, name]))
  const rows = ALL.map(
    ({ code, status, message, outcome, hint }) =>
      `| \`${code}\` | ${names[status]} (${status}) | \`${message}\` | ${outcome} | ${hint} |`,
  )
  return [
    '| code | gRPC status | message | outcome | what you can do |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n')
}

/** `QUORATE_UPDATE_DOCS=1 npx vitest run src/services/etcd/errors.test.ts` writes the table anew. */
test('docs/reference/errors.md lists every error of the catalogue', () => {
  let page = readFileSync(PAGE, 'utf8')
  if (process.env['QUORATE_UPDATE_DOCS'] === '1') {
    page = `${page.slice(0, page.indexOf(BEGIN))}${BEGIN}\n${table()}\n${page.slice(page.indexOf(END))}`
    writeFileSync(PAGE, page)
  }
  expect(page.slice(page.indexOf(BEGIN) + BEGIN.length, page.indexOf(END)).trim()).toBe(table())
})
