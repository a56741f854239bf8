/**
 * What the store keeps of a password: how it was derived, a salt of its own, and the key that came of it. Nothing that
 * the password could be computed from in less time than trying takes.
 */
import { concatBytes, equalBytes } from '../../../core/bytes.ts'

/** How `Runtime.passwordKey` derives; another way will have another number, and both are checked. */
const SCRYPT = 1

export const SALT_BYTES = 16
export const KEY_BYTES = 32

/** Derives a key from a password and a salt, slowly on purpose. */
export type PasswordKey = (password: Uint8Array, salt: Uint8Array) => Uint8Array

export function passwordRecord(password: Uint8Array, salt: Uint8Array, key: PasswordKey): Uint8Array {
  return concatBytes([Uint8Array.of(SCRYPT), salt, key(password, salt)])
}

/** Takes as long for a record that is none as for one that does not fit: how long it took tells nobody who exists. */
export function isPassword(record: Uint8Array, password: Uint8Array, key: PasswordKey): boolean {
  const isRecord = record.length === 1 + SALT_BYTES + KEY_BYTES && record[0] === SCRYPT
  const salt = isRecord ? record.subarray(1, 1 + SALT_BYTES) : new Uint8Array(SALT_BYTES)
  const derived = key(password, salt)
  return isRecord && equalBytes(derived, record.subarray(1 + SALT_BYTES))
}
