import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { parseConfig } from '../server/config.ts'
import { readServerFlags } from './server-flags.ts'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'config-file-'))
})
afterAll(() => rmSync(directory, { recursive: true, force: true }))

function written(text: string): string {
  const path = join(directory, 'etcd.yml')
  writeFileSync(path, text)
  return path
}

const read = (text: string, args: string[] = [], environment: Record<string, string> = {}) =>
  readServerFlags([`--config-file=${written(text)}`, ...args], environment)

describe("etcd's configuration file", () => {
  test('sets what flags set, comments, quotes, lists and empty values included', async () => {
    const { config, warnings } = await read(`
# This is the configuration file for the etcd server.
name: 'n1'
data-dir:
heartbeat-interval: 50
listen-client-urls: http://h:1,http://h:2
listen-peer-urls: [http://h:3]
strict-reconfig-check: false
grpc-keepalive-interval: 1h
wal-dir:
`)
    expect(warnings).toEqual([])
    expect(config).toEqual({
      name: 'n1',
      heartbeatIntervalMs: '50',
      listenClientUrls: 'http://h:1,http://h:2',
      listenPeerUrls: 'http://h:3',
      strictReconfigCheck: 'false',
      keepaliveIntervalMs: 3_600_000,
    })
    const peers = { initialAdvertisePeerUrls: 'http://h:3' }
    expect(parseConfig({ ...config, ...peers }).heartbeatIntervalMs).toBe(50)
  })

  test('has two sections for TLS, whose names are shorter than the flags', async () => {
    const { config } = await read(`
client-transport-security:
  cert-file: c.pem
  key-file: k.pem
  client-cert-auth: true
  trusted-ca-file: ca.pem
  auto-tls: false
peer-transport-security:
  cert-file: pc.pem
  key-file: pk.pem
  trusted-ca-file: pca.pem
  allowed-cn: peer
`)
    expect(config).toEqual({
      certFile: 'c.pem',
      keyFile: 'k.pem',
      clientCertAuth: 'true',
      trustedCaFile: 'ca.pem',
      autoTls: 'false',
      peerCertFile: 'pc.pem',
      peerKeyFile: 'pk.pem',
      peerTrustedCaFile: 'pca.pem',
      peerCertAllowedCn: 'peer',
    })
  })

  test('is all that counts, as with etcd; what else was given is named', async () => {
    const { config, warnings } = await read('name: file', ['--name=flag'], { ETCD_DATA_DIR: 'x' })
    expect(config).toEqual({ name: 'file' })
    expect(warnings).toEqual([
      '--name is ignored, because there is a --config-file',
      'ETCD_DATA_DIR is ignored, because there is a --config-file',
    ])
  })

  test('may be named by its variable', async () => {
    const ETCD_CONFIG_FILE = written('name: n2')
    expect((await readServerFlags([], { ETCD_CONFIG_FILE })).config).toEqual({ name: 'n2' })
  })

  test('warns of what has no meaning, and refuses what would not be safe to ignore', async () => {
    expect((await read('max-wals: 5')).warnings[0]).toMatch(/^max-wals in .*etcd.yml has no meaning/)
    await expect(read('discovery: http://x')).rejects.toThrow('discovery in')
    expect((await read('proxy: "off"')).config).toEqual({})
  })

  test.each([
    ['nmae: x', 'there is no nmae'],
    ['client-transport-security:\n  cret-file: x', 'there is no client-transport-security.cret-file'],
    ['client-transport-security: x', 'client-transport-security has no names and values'],
    ['name: {a: 1}', 'name is neither text nor a number nor a list'],
    ['- a', 'it has no names and values'],
    ['name: "', 'it is no YAML'],
  ])('is refused as a whole: %j', async (text, problem) => {
    await expect(read(text)).rejects.toThrow(
      expect.objectContaining({ code: 'QUORATE_CONFIG_INVALID', message: expect.stringContaining(problem) }),
    )
  })

  test('that is not there, or is not one, is refused by its name', async () => {
    await expect(readServerFlags(['--config-file=/nowhere/at/all'], {})).rejects.toThrow('/nowhere/at/all')
    await expect(read(`name: ${'x'.repeat(1024 * 1024)}`)).rejects.toThrow('too long')
  })
})
