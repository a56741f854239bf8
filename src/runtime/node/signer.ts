/**
 * Signatures by node:crypto. The kind of key is held to the method that was asked for: a key for RS never serves for
 * HS, whatever a token says of itself.
 */
import {
  constants,
  createHmac,
  createPrivateKey,
  createPublicKey,
  sign as cryptoSign,
  verify as cryptoVerify,
  type KeyObject,
  timingSafeEqual,
} from 'node:crypto'
import { readFileSync } from 'node:fs'
import { QuorateError } from '../../core/errors.ts'
import type { Signer, SignerKeys, SignMethod } from '../signer.ts'

const KEY_TYPES: Readonly<Record<string, string>> = { RS: 'rsa', PS: 'rsa', ES: 'ec', Ed: 'ed25519' }
const CURVES: Readonly<Record<string, string>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
}

/** Throws `QUORATE_TOKEN_KEYS` when a key is missing, cannot be read, or is not for the method. */
export function nodeSigner(keys: SignerKeys): Signer {
  try {
    return keys.method.startsWith('HS') ? secretSigner(keys) : keySigner(keys)
  } catch (error) {
    if (error instanceof QuorateError) throw error
    throw keysError(keys.method, error instanceof Error ? error.message : String(error))
  }
}

function secretSigner({ method, privateKeyFile }: SignerKeys): Signer {
  if (privateKeyFile === undefined) throw keysError(method, 'it needs a private key')
  const secret = readFileSync(privateKeyFile)
  if (secret.length === 0) throw keysError(method, 'the file of the private key is empty')
  const sign = (bytes: Uint8Array): Uint8Array => createHmac(hashOf(method)!, secret).update(bytes).digest()
  return {
    method,
    sign,
    verify(bytes, signature) {
      const expected = sign(bytes)
      return signature.length === expected.length && timingSafeEqual(signature, expected)
    },
  }
}

function keySigner({ method, publicKeyFile, privateKeyFile }: SignerKeys): Signer {
  const privateKey = privateKeyFile === undefined ? undefined : createPrivateKey(readFileSync(privateKeyFile))
  const publicKey =
    publicKeyFile === undefined
      ? publicKeyOf(method, privateKey)
      : createPublicKey(readFileSync(publicKeyFile))
  for (const key of [privateKey, publicKey]) if (key !== undefined) requireFitting(method, key)
  const options = optionsOf(method)
  const hash = hashOf(method)
  const verify = (bytes: Uint8Array, signature: Uint8Array): boolean =>
    cryptoVerify(hash, bytes, { key: publicKey, ...options }, signature)
  if (privateKey === undefined) return { method, verify }
  const sign = (bytes: Uint8Array): Uint8Array => cryptoSign(hash, bytes, { key: privateKey, ...options })
  const probe = new Uint8Array(1)
  if (!verify(probe, sign(probe))) throw keysError(method, 'the public key is not that of the private key')
  return { method, sign, verify }
}

function publicKeyOf(method: SignMethod, privateKey: KeyObject | undefined): KeyObject {
  if (privateKey === undefined) throw keysError(method, 'it needs a public key')
  return createPublicKey(privateKey)
}

function requireFitting(method: SignMethod, key: KeyObject): void {
  const isType = key.asymmetricKeyType === KEY_TYPES[method.slice(0, 2)]
  const curve = CURVES[method]
  if (isType && (curve === undefined || key.asymmetricKeyDetails?.namedCurve === curve)) return
  throw keysError(method, `the ${key.type} key is of another kind`)
}

function optionsOf(method: SignMethod): object {
  if (method.startsWith('PS')) {
    return { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  }
  // RFC 7518 §3.4: both numbers as they are, one behind the other.
  return method.startsWith('ES') ? { dsaEncoding: 'ieee-p1363' } : {}
}

/** Undefined: the method brings its own. */
function hashOf(method: SignMethod): string | undefined {
  return method === 'EdDSA' ? undefined : `sha${method.slice(2)}`
}

function keysError(method: SignMethod, why: string): QuorateError {
  return new QuorateError('QUORATE_TOKEN_KEYS', `keys for ${method} cannot be used: ${why}`, 'refused', {
    hint: 'see --auth-token: pub-key and priv-key name files that hold keys of this kind',
  })
}
