/** Signatures over bytes, synchronous: for tokens that a node signs and every node checks. */

/** As RFC 7518 names them. */
export const SIGN_METHODS = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'HS256',
  'HS384',
  'HS512',
  'EdDSA',
] as const

export type SignMethod = (typeof SIGN_METHODS)[number]

/** Where the keys are: files in PEM, or for HS the secret as it stands in the file of the private key. */
export interface SignerKeys {
  readonly method: SignMethod
  readonly publicKeyFile?: string | undefined
  /** Without it signatures can only be checked. */
  readonly privateKeyFile?: string | undefined
}

export interface Signer {
  readonly method: SignMethod
  /** Absent without a private key. */
  readonly sign?: (bytes: Uint8Array) => Uint8Array
  verify(bytes: Uint8Array, signature: Uint8Array): boolean
}
