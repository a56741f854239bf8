/**
 * Signed tokens on a cluster of three processes: one that a member made is believed by the others, who never saw it;
 * and one that anybody else made, or that is over, by nobody.
 */
import { createHmac, generateKeyPairSync, sign } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { connectEndpoints } from '../../src/cli/connect-endpoints.ts'
import { Cluster, type ClusterNode } from '../harness/cluster.ts'
import { until } from '../harness/until.ts'

// Many processes, on a machine that may be busy.
vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 })

const TTL_SECONDS = 8
const KEY = Buffer.from('a').toString('base64')

const pem = { type: 'spki', format: 'pem' } as const
const secretPem = { type: 'pkcs8', format: 'pem' } as const
const ours = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: pem,
  privateKeyEncoding: secretPem,
})
const others = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: pem,
  privateKeyEncoding: secretPem,
})

let directory: string
let cluster: Cluster

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'quorate-tokens-'))
  const [publicKey, privateKey] = [join(directory, 'public.pem'), join(directory, 'private.pem')]
  writeFileSync(publicKey, ours.publicKey)
  writeFileSync(privateKey, ours.privateKey)
  const keys = `pub-key=${publicKey},priv-key=${privateKey}`
  cluster = await Cluster.start({
    flags: [`--auth-token=jwt,${keys},sign-method=RS256,ttl=${TTL_SECONDS}s`],
  })
  const { client } = connectEndpoints(cluster.endpoints.join(','))
  const { auth } = client
  await auth.addUser('root', 'rootpw')
  await auth.addRole('root')
  await auth.grantRole('root', 'root')
  await auth.enable()
  client.close()
})
afterAll(async () => {
  await cluster?.destroy()
  rmSync(directory, { recursive: true, force: true })
})

const post = (node: ClusterNode, path: string, body: object, token?: string): Promise<Response> =>
  fetch(`${node.layout.clientUrl}/v3/${path}`, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: token === undefined ? {} : { Authorization: token },
  })

async function tokenFrom(node: ClusterNode): Promise<string> {
  const response = await post(node, 'auth/authenticate', { name: 'root', password: 'rootpw' })
  const { token } = (await response.json()) as { token: string }
  return token
}

/** With which status each member answers a put of whoever has this token. */
async function answersTo(token: string): Promise<number[]> {
  const responses = await Promise.all(
    cluster.nodes.map(node => post(node, 'kv/put', { key: KEY, value: KEY }, token)),
  )
  return responses.map(({ status }) => status)
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

interface Claims {
  readonly username: string
  readonly revision: number
  readonly exp: number
}

function claimsOf(token: string): Claims {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Claims
}

function signed(claims: Claims, privateKey = ours.privateKey): string {
  const content = `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}`
  return `${content}.${sign('sha256', Buffer.from(content), privateKey).toString('base64url')}`
}

test('one that any member made is believed by all, until its time is over', async () => {
  for (const node of cluster.nodes) {
    const token = await tokenFrom(node)
    expect(await answersTo(token)).toEqual([200, 200, 200])
    expect(claimsOf(token)).toMatchObject({ username: 'root' })
  }
  const token = await tokenFrom(cluster.node(0))
  await until('the token to be over', () => Date.now() / 1_000 >= claimsOf(token).exp, 30_000)
  expect(await answersTo(token)).toEqual([401, 401, 401])
})

test.each<[string, (claims: Claims) => string]>([
  ['is over', claims => signed({ ...claims, exp: Math.floor(Date.now() / 1_000) - 1 })],
  ['another key has signed', claims => signed(claims, others.privateKey)],
  ['nobody has signed, and says so', claims => `${part({ alg: 'none', typ: 'JWT' })}.${part(claims)}.`],
  ['nobody has signed', claims => `${part({ alg: 'RS256', typ: 'JWT' })}.${part(claims)}.`],
  [
    'is signed with the public key, as if that were a secret',
    claims => {
      const content = `${part({ alg: 'HS256', typ: 'JWT' })}.${part(claims)}`
      return `${content}.${createHmac('sha256', ours.publicKey).update(content).digest('base64url')}`
    },
  ],
  [
    'was changed since it was signed',
    claims => {
      const [head, , signature] = signed({ ...claims, username: 'eve' }).split('.')
      return `${head}.${part(claims)}.${signature}`
    },
  ],
])('one that %s is believed by nobody', async (_what, make) => {
  const claims = { ...claimsOf(await tokenFrom(cluster.node(0))), exp: Math.floor(Date.now() / 1_000) + 60 }
  // The same, made as it should be: what is refused below is refused for its one flaw.
  expect(await answersTo(signed(claims))).toEqual([200, 200, 200])
  expect(await answersTo(make(claims))).toEqual([401, 401, 401])
})
