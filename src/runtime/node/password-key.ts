/**
 * Passwords become keys by scrypt (RFC 7914), which takes 16 MiB and about as long as bcrypt at etcd's cost, so that
 * trying many passwords at once is dear. The figures are part of every record that was derived with them.
 */
import { scryptSync } from 'node:crypto'

const COST = 2 ** 14
const BLOCK = 8
const KEY_BYTES = 32
/** 128 bytes for each step of the cost and block, and some to spare. */
const MEMORY_BYTES_MAX = 32 * 1024 * 1024

export function nodePasswordKey(password: Uint8Array, salt: Uint8Array): Uint8Array {
  const options = { N: COST, r: BLOCK, p: 1, maxmem: MEMORY_BYTES_MAX }
  return new Uint8Array(scryptSync(password, salt, KEY_BYTES, options))
}
