import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runCommand } from '../test/harness/command.ts'

const TSX = fileURLToPath(new URL('../node_modules/.bin/tsx', import.meta.url))

test.each([
  ['cluster', '--rounds 0', '--rounds must be a whole number, at least 1'],
  ['cluster', '--consensus zab', '--consensus must be one of raft, paxos'],
  ['failover', '--times often', '--times must be a whole number, at least 1'],
  ['large', '--keys many', '--keys must be a whole number, at least 0'],
  ['large', '--cache-mib 0', '--cache-mib must be a whole number, at least 1'],
  ['large', '--mib 1e3', '--mib must be a whole number, at least 0'],
  ['large', '--rate 0.5', '--rate must be a whole number, at least 1'],
  ['large', '--seconds 0', '--seconds must be a whole number, at least 1'],
  ['large', '--programs quorate,zookeeper', '--programs must be one of etcd, quorate'],
  ['large', '--key 1', "Unknown option '--key'"],
  ['overload', '--greedy some', '--greedy must be a whole number, at least 0'],
  ['store', '--checkpoint-mib 0', '--checkpoint-mib must be a number above 0'],
  ['store', '--engines lmdb,bolt', '--engines must be one of lmdb, lmdb-writemap, classic-level, quorate'],
  ['tls', '--requests -', '--requests must be a whole number, at least 1'],
  ['watch', '--watchers 9', '--watchers must be a whole number, at least 10'],
])('what %s cannot measure is refused before anything starts: %s', async (bench, line, message) => {
  const program = fileURLToPath(new URL(`${bench}.ts`, import.meta.url))
  const { status, stdout, stderr } = await runCommand(TSX, [program, ...line.split(' ')])
  expect(stderr).toContain(`error: ${message}`)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
})
