/** Signatures are what RFC 7518 says, and keys serve for nothing but what they are. */
import { createHmac, createVerify, generateKeyPairSync } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { SIGN_METHODS, type SignMethod } from '../signer.ts'
import { nodePasswordKey } from './password-key.ts'
import { nodeSigner } from './signer.ts'

const directory = mkdtempSync(join(tmpdir(), 'quorate-signer-'))
afterAll(() => rmSync(directory, { recursive: true }))

const CURVES: Partial<Record<SignMethod, string>> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' }

function keyPair(method: SignMethod) {
  if (method === 'EdDSA') return generateKeyPairSync('ed25519')
  const namedCurve = CURVES[method]
  if (namedCurve !== undefined) return generateKeyPairSync('ec', { namedCurve })
  return generateKeyPairSync('rsa', { modulusLength: 2048 })
}

const made = new Map<string, { publicKeyFile: string; privateKeyFile: string }>()

function filesOf(method: SignMethod) {
  const kind = method === 'EdDSA' || CURVES[method] !== undefined ? method : 'RSA'
  const known = made.get(kind)
  if (known !== undefined) return known
  const { publicKey, privateKey } = keyPair(method)
  const publicKeyFile = join(directory, `${kind}.pub`)
  const privateKeyFile = join(directory, `${kind}.key`)
  writeFileSync(publicKeyFile, publicKey.export({ type: 'spki', format: 'pem' }))
  writeFileSync(privateKeyFile, privateKey.export({ type: 'pkcs8', format: 'pem' }))
  made.set(kind, { publicKeyFile, privateKeyFile })
  return { publicKeyFile, privateKeyFile }
}

const BYTES = new Uint8Array(Buffer.from('signed'))

describe.each(SIGN_METHODS)('%s', method => {
  const secret = join(directory, 'secret')
  writeFileSync(secret, 'a secret')
  const keys = method.startsWith('HS') ? { privateKeyFile: secret } : filesOf(method)

  test('verifies what it signed, and nothing else', () => {
    const signer = nodeSigner({ method, ...keys })
    const signature = signer.sign!(BYTES)
    expect(signer.verify(BYTES, signature)).toBe(true)
    expect(signer.verify(new Uint8Array([...BYTES, 0]), signature)).toBe(false)
    const forged = signature.slice()
    forged[3]! ^= 1
    expect(signer.verify(BYTES, forged)).toBe(false)
    expect(signer.verify(BYTES, new Uint8Array(0))).toBe(false)
    expect(signer.verify(BYTES, signature.subarray(1))).toBe(false)
  })
})

test('with a public key alone it verifies and does not sign', () => {
  const { publicKeyFile, privateKeyFile } = filesOf('RS256')
  const verifier = nodeSigner({ method: 'RS256', publicKeyFile })
  expect(verifier.sign).toBeUndefined()
  const signature = nodeSigner({ method: 'RS256', privateKeyFile }).sign!(BYTES)
  expect(verifier.verify(BYTES, signature)).toBe(true)
})

test('signs as others do', () => {
  const files = filesOf('RS256')
  const signature = nodeSigner({ method: 'RS256', ...files }).sign!(BYTES)
  expect(createVerify('sha256').update(BYTES).verify(readFileSync(files.publicKeyFile), signature)).toBe(true)
  const privateKeyFile = join(directory, 'secret')
  const hmac = createHmac('sha256', 'a secret').update(BYTES).digest()
  expect(Buffer.from(nodeSigner({ method: 'HS256', privateKeyFile }).sign!(BYTES))).toEqual(hmac)
  expect(nodeSigner({ method: 'ES256', ...filesOf('ES256') }).sign!(BYTES)).toHaveLength(64)
})

test.each<[string, Parameters<typeof nodeSigner>[0]]>([
  ['a key of another kind', { method: 'ES256', ...filesOf('RS256') }],
  ['a key of another curve', { method: 'ES256', ...filesOf('ES384') }],
  ['no key', { method: 'RS256' }],
  ['no secret', { method: 'HS256', publicKeyFile: filesOf('RS256').publicKeyFile }],
  ['a file that is not there', { method: 'RS256', privateKeyFile: join(directory, 'nothing') }],
  [
    'two keys that do not belong together',
    { method: 'ES256', ...filesOf('ES256'), publicKeyFile: otherPublicKey() },
  ],
])('%s is refused with a code', (_what, keys) => {
  expect(() => nodeSigner(keys)).toThrow(expect.objectContaining({ code: 'QUORATE_TOKEN_KEYS' }))
})

function otherPublicKey(): string {
  const file = join(directory, 'other.pub')
  const { publicKey } = keyPair('ES256')
  writeFileSync(file, publicKey.export({ type: 'spki', format: 'pem' }))
  return file
}

test('a password makes the same 32 bytes with the same salt, and others with another', () => {
  const password = new Uint8Array(Buffer.from('password'))
  const salt = new Uint8Array(16)
  const key = nodePasswordKey(password, salt)
  expect(key).toHaveLength(32)
  expect(nodePasswordKey(password, salt)).toEqual(key)
  expect(nodePasswordKey(password, new Uint8Array(16).fill(1))).not.toEqual(key)
})
