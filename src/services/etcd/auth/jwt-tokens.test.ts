/** Signed tokens: what is believed, and every way of making one up that is not. */
import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { type Instant, NEVER } from '../../../core/time.ts'
import type { Clock } from '../../../runtime/clock.ts'
import type { Signer, SignMethod } from '../../../runtime/signer.ts'
import { EtcdErrors } from '../errors.ts'
import { EtcdPaths } from '../method-paths.ts'
import { GuardedWorld } from '../testing/guarded-world.ts'
import { JwtTokens } from './jwt-tokens.ts'

const NOW_SECONDS = 1_000_000
const TTL_SECONDS = 300
const SECRET = 'the secret'
const ASKER = { user: 'anna', authRevision: 7 }

function signerOf(method: SignMethod, secret = SECRET): Signer {
  const sign = (bytes: Uint8Array): Uint8Array => createHmac('sha256', secret).update(bytes).digest()
  return {
    method,
    sign,
    verify: (bytes, signature) => Buffer.from(sign(bytes)).equals(signature),
  }
}

class Setting {
  nowMs = NOW_SECONDS * 1_000
  readonly tokens: JwtTokens

  constructor(signer: Signer = signerOf('HS256')) {
    const clock = { wallMs: () => this.nowMs, now: () => 0 as Instant } as Clock
    this.tokens = new JwtTokens(clock, signer, TTL_SECONDS)
  }

  make(): string {
    let token = ''
    this.tokens.make(ASKER, NEVER, outcome => {
      if (outcome.kind === 'made') token = outcome.token
    })
    return token
  }

  isValid(token: string): boolean {
    return this.tokens.read(token).kind === 'user'
  }
}

const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const CLAIMS = { username: 'anna', revision: 7, exp: NOW_SECONDS + 60 }

/** A token with a right signature, whatever is in it. */
function signed(claims: object, head: object = { alg: 'HS256', typ: 'JWT' }, secret = SECRET): string {
  const content = `${part(head)}.${part(claims)}`
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`
}

test('a token that was made says who it is, under which revision, until its time is over', () => {
  const setting = new Setting()
  const token = setting.make()
  expect(setting.tokens.read(token)).toEqual({ kind: 'user', asker: ASKER })
  const [head, body] = token.split('.').map(text => Buffer.from(text, 'base64url').toString())
  expect(JSON.parse(head!)).toEqual({ alg: 'HS256', typ: 'JWT' })
  expect(JSON.parse(body!)).toEqual({ username: 'anna', revision: 7, exp: NOW_SECONDS + TTL_SECONDS })
  setting.nowMs = (NOW_SECONDS + TTL_SECONDS) * 1_000 - 1
  expect(setting.isValid(token)).toBe(true)
  setting.nowMs += 1
  expect(setting.isValid(token)).toBe(false)
})

test("another's token is believed if it has the key, and what is in it is etcd's", () => {
  expect(new Setting().isValid(signed(CLAIMS))).toBe(true)
  expect(new Setting().isValid(signed({ ...CLAIMS, nbf: NOW_SECONDS - 1, iat: NOW_SECONDS - 1 }))).toBe(true)
})

describe('is refused', () => {
  test.each<[string, string]>([
    ['one signed with another key', signed(CLAIMS, undefined, 'another secret')],
    ['one that says that it needs no signature', `${part({ alg: 'none' })}.${part(CLAIMS)}.`],
    ['one of another method, whatever its signature', signed(CLAIMS, { alg: 'RS256', typ: 'JWT' })],
    ['one without a method', signed(CLAIMS, { typ: 'JWT' })],
    ['one whose method is spelled otherwise', signed(CLAIMS, { alg: 'hs256' })],
    ['one with something critical in it', signed(CLAIMS, { alg: 'HS256', crit: ['exp'] })],
    ['one that has ended', signed({ ...CLAIMS, exp: NOW_SECONDS })],
    ['one that never ends', signed({ username: 'anna', revision: 7 })],
    ['one whose end is no number', signed({ ...CLAIMS, exp: '9999999999' })],
    ['one that has yet to begin', signed({ ...CLAIMS, nbf: NOW_SECONDS + 10 })],
    ['one that was made in the future', signed({ ...CLAIMS, iat: NOW_SECONDS + 10 })],
    ['one of nobody', signed({ ...CLAIMS, username: '' })],
    ['one of something that is no name', signed({ ...CLAIMS, username: ['root'] })],
    ['one without a revision', signed({ username: 'anna', exp: CLAIMS.exp })],
    ['one whose revision is not whole', signed({ ...CLAIMS, revision: 7.5 })],
    ['one that is no object', `${part({ alg: 'HS256' })}.${Buffer.from('null').toString('base64url')}.x`],
    ['one with a part too few', signed(CLAIMS).split('.').slice(0, 2).join('.')],
    ['one with a part too many', `${signed(CLAIMS)}.`],
    ['what is no base64', `${signed(CLAIMS)}?`],
    ['what is no JSON', `e30.${Buffer.from('{').toString('base64url')}.x`],
    ['nothing', ''],
  ])('%s', (_what, token) => {
    expect(new Setting().isValid(token)).toBe(false)
  })

  test('one that was changed anywhere', () => {
    const setting = new Setting()
    const token = setting.make()
    for (let i = 0; i < token.length - 1; i++) {
      const changed = `${token.slice(0, i)}${token[i] === 'A' ? 'B' : 'A'}${token.slice(i + 1)}`
      expect(setting.isValid(changed), changed).toBe(false)
    }
  })
})

test('a node that can only verify makes none', () => {
  const { method, verify } = signerOf('HS256')
  const setting = new Setting({ method, verify })
  const outcomes: unknown[] = []
  setting.tokens.make(ASKER, NEVER, outcome => outcomes.push(outcome))
  expect(outcomes).toEqual([{ kind: 'failed', error: EtcdErrors.notCapable }])
  expect(setting.isValid(signed(CLAIMS))).toBe(true)
})

test('with the service: a token of before a change of permissions is old, and a new one is not', () => {
  const world = new GuardedWorld({ tokenSigner: signerOf('HS256') })
  const message = new Uint8Array([10, 1, 97])
  world.must(world.ask(EtcdPaths.range, message, world.tokens.anna))
  world.must(world.addRole('another', world.tokens.root))
  const { status, message: said } = world.ask(EtcdPaths.range, message, world.tokens.anna)
  expect({ status, message: said }).toMatchObject({ message: EtcdErrors.authRevisionOld.message })
  world.must(world.ask(EtcdPaths.range, message, world.logIn('anna', 'annapw')))
})
