/** `quorate certs`: what it writes is what OpenSSL takes, and what is there stays. */
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { quorate } from '../harness/command.ts'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'quorate-certs-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

const certs = (...args: string[]) => quorate(['certs', ...args], { directory })
const read = (name: string): X509Certificate => new X509Certificate(readFileSync(join(directory, name)))

test('an authority signs for nodes, peers and each user; only their owner may read the keys', async () => {
  const { status, stdout } = await certs(
    '--dir',
    'made',
    '--hosts',
    'a.example,127.0.0.1',
    '--client',
    'root,a/b',
    '--json',
  )
  expect(status).toBe(0)
  const names = ['ca', 'server', 'peer', 'client-root', 'client-a_b']
  const files = names.flatMap(name => [`made/${name}.pem`, `made/${name}-key.pem`])
  expect(JSON.parse(stdout)).toEqual({ files })
  expect(readdirSync(join(directory, 'made'))).toHaveLength(10)
  for (const file of files.filter(name => name.endsWith('-key.pem'))) {
    expect(statSync(join(directory, file)).mode & 0o777, file).toBe(0o600)
  }
  expect(read('made/server.pem').checkHost('a.example')).toBe('a.example')
  expect(read('made/peer.pem').subject).toContain('CN=peer')
  expect(read('made/client-a_b.pem').subject).toContain('CN=a/b')
  const verify = (name: string, purpose: string): string =>
    execFileSync('openssl', [
      ...['verify', '-x509_strict', '-CAfile', join(directory, 'made/ca.pem')],
      ...['-purpose', purpose, join(directory, `made/${name}.pem`)],
    ]).toString()
  expect(verify('server', 'sslserver')).toContain('OK')
  expect(verify('peer', 'sslserver')).toContain('OK')
  expect(verify('peer', 'sslclient')).toContain('OK')
  expect(verify('client-root', 'sslclient')).toContain('OK')
  expect(() => verify('client-root', 'sslserver')).toThrow()
})

test('nothing is overwritten: QUORATE_CERTS_EXIST before anything is made', async () => {
  writeFileSync(join(directory, 'peer-key.pem'), 'mine')
  const { status, stderr } = await certs('--dir', '.')
  expect(status).toBe(1)
  expect(stderr).toContain('QUORATE_CERTS_EXIST')
  expect(readdirSync(directory)).toEqual(['peer-key.pem'])
  const twice = await certs('--dir', 'made', '--client', 'a,a')
  expect(twice.stderr).toContain('would be written twice [QUORATE_CERTS_EXIST]')
})

test('what comes later is signed by the authority that is there, and by no other', async () => {
  expect((await certs('--dir', 'first')).status).toBe(0)
  const { status, stdout } = await certs('--dir', 'second', '--authority', 'first', '--client', 'app')
  expect(status).toBe(0)
  expect(stdout).toContain('--trusted-ca-file first/ca.pem')
  expect(readdirSync(join(directory, 'second'))).not.toContain('ca.pem')
  expect(read('second/client-app.pem').verify(read('first/ca.pem').publicKey)).toBe(true)
  for (const spoil of [
    () =>
      writeFileSync(join(directory, 'first/ca-key.pem'), readFileSync(join(directory, 'first/peer-key.pem'))),
    () => writeFileSync(join(directory, 'first/ca.pem'), readFileSync(join(directory, 'first/peer.pem'))),
    () => rmSync(join(directory, 'first/ca.pem')),
  ]) {
    spoil()
    const refused = await certs('--dir', 'third', '--authority', 'first')
    expect(refused.status).toBe(1)
    expect(refused.stderr).toContain('QUORATE_CERTS_AUTHORITY')
  }
  expect(readdirSync(directory).toSorted()).toEqual(['first', 'second'])
})
