import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { runCommand } from '../test/harness/command.ts'

const LARGE = fileURLToPath(new URL('large.ts', import.meta.url))
const TSX = fileURLToPath(new URL('../node_modules/.bin/tsx', import.meta.url))

test.each([
  ['--keys many', '--keys must be a whole number, at least 0'],
  ['--cache-mib 0', '--cache-mib must be a whole number, at least 1'],
  ['--mib 1e3', '--mib must be a whole number, at least 0'],
  ['--rate 0.5', '--rate must be a whole number, at least 1'],
  ['--seconds 0', '--seconds must be a whole number, at least 1'],
  ['--programs quorate,zookeeper', '--programs must be one of quorate, etcd'],
  ['--key 1', "Unknown option '--key'"],
])('what cannot be measured is refused before anything starts: %s', async (line, message) => {
  const { status, stdout, stderr } = await runCommand(TSX, [LARGE, ...line.split(' ')])
  expect(stderr).toContain(`error: ${message}`)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
})
