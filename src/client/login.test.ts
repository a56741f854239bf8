import { expect, test } from 'vitest'
import { ProtobufWriter } from '../wire/etcd/protobuf-writer.ts'
import { GrpcStatus } from '../wire/grpc/status.ts'
import { ClientError, ClientErrors } from './errors.ts'
import { isTokenProblem, Login, type TokenMetadata } from './login.ts'

function answerWith(token: string): Uint8Array {
  const to = new ProtobufWriter()
  to.string(2, token)
  return to.written().slice()
}

const rejected = (message: string): ClientError =>
  new ClientError(ClientErrors.rejected, message, 'refused', GrpcStatus.invalidArgument)

/** Logs in with what is left of the script, an answer each; an error is thrown. */
function loggingIn(...script: (string | ClientError)[]) {
  const login = new Login({ username: 'anna', password: 'secret' })
  let asked = 0
  const ask = async (): Promise<Uint8Array> => {
    asked++
    const next = script.shift()!
    if (typeof next !== 'string') throw next
    return answerWith(next)
  }
  return { login, metadata: () => login.metadata(ask), asked: () => asked }
}

const tokenOf = (metadata: TokenMetadata): string | undefined => metadata[0]?.value

test('one request gets the token for all who wait for it, and whoever comes later', async () => {
  const { metadata, asked } = loggingIn('first')
  const all = await Promise.all([metadata(), metadata(), metadata()])
  expect(all.map(tokenOf)).toEqual(['first', 'first', 'first'])
  expect(tokenOf(await metadata())).toBe('first')
  expect(asked()).toBe(1)
})

test('a token that is over is asked for again, once, whoever says so', async () => {
  const { login, metadata, asked } = loggingIn('first', 'second')
  const first = await metadata()
  login.refuse(first)
  login.refuse(first)
  expect(tokenOf(await metadata())).toBe('second')
  // A request that was on its way with the old one is late to say so.
  login.refuse(first)
  expect(tokenOf(await metadata())).toBe('second')
  expect(asked()).toBe(2)
})

test('a wrong password is told to all who wait, and the next asks again', async () => {
  const wrong = rejected('etcdserver: authentication failed, invalid user ID or password')
  const { metadata, asked } = loggingIn(wrong, 'right by now')
  const all = await Promise.allSettled([metadata(), metadata()])
  expect(all).toEqual([
    { status: 'rejected', reason: wrong },
    { status: 'rejected', reason: wrong },
  ])
  expect(tokenOf(await metadata())).toBe('right by now')
  expect(asked()).toBe(2)
})

test('where nobody has to say who it is requests go without, until somebody has to', async () => {
  const { login, metadata } = loggingIn(rejected('etcdserver: authentication is not enabled'), 'token')
  const none = await metadata()
  expect(none).toEqual([])
  login.refuse(none)
  expect(tokenOf(await metadata())).toBe('token')
})

test('an answer that is none is an error, and forgotten', async () => {
  const login = new Login({ username: 'anna', password: 'secret' })
  await expect(login.metadata(async () => Uint8Array.of(0xff))).rejects.toThrow()
  expect(tokenOf(await login.metadata(async () => answerWith('token')))).toBe('token')
})

test('the token is never put into the tables of a connection, where others might guess at it', async () => {
  const [field] = await loggingIn('token').metadata()
  expect(field).toMatchObject({ name: 'token', value: 'token', indexing: 'never' })
})

test.each([
  ['etcdserver: invalid auth token', true],
  ['etcdserver: revision of auth store is old', true],
  ['rpc error: code = Unauthenticated desc = etcdserver: invalid auth token', true],
  ['etcdserver: user name is empty', true],
  ['etcdserver: permission denied', false],
  ['etcdserver: authentication failed, invalid user ID or password', false],
])('%s: another token may help: %s', (message, mayHelp) => {
  expect(isTokenProblem(message)).toBe(mayHelp)
})
