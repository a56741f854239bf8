/**
 * One X.509 certificate (RFC 5280), made and signed. Keys are on the curve P-256 and signatures are ECDSA with SHA-256
 * (RFC 5758 §3.2), which every client of etcd verifies.
 */
import { createHash, type KeyObject, randomBytes, sign } from 'node:crypto'
import { isIP } from 'node:net'
import { EMPTY } from '../../../core/bytes.ts'
import { utf8Bytes } from '../../../core/utf8.ts'
import {
  bitString,
  boolean,
  explicit,
  implicit,
  objectIdentifier,
  octetString,
  sequence,
  set,
  text,
  time,
  unsigned,
} from './der.ts'
import { ipBytes } from './ip-bytes.ts'

/** What a certificate may be used for. */
export type CertificateUse = 'authority' | 'server' | 'client'

export interface CertificateFields {
  /** The common name of who it is about, and of who signs. */
  readonly subject: string
  readonly issuer: string
  /** The names and IP addresses that its holder answers at. */
  readonly hosts: readonly string[]
  readonly uses: readonly CertificateUse[]
  readonly notBefore: Date
  readonly notAfter: Date
  readonly publicKey: KeyObject
  readonly issuerKey: KeyObject
  /** The issuer's; its own for one that signs itself. */
  readonly issuerPublicKey: KeyObject
}

const Oid = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
  clientAuth: '1.3.6.1.5.5.7.3.2',
} as const

/** `keyCertSign` and `cRLSign`; `digitalSignature`: with the bits that end their byte unused. */
const SIGNS_CERTIFICATES = { bits: 0b0000_0110, unused: 1 }
const SIGNS_HANDSHAKES = { bits: 0b1000_0000, unused: 7 }

/** X.509's third version, counted from 0. */
const VERSION_3 = 2

const SERIAL_BYTES = 16

/** An uncompressed point of P-256, at the end of the key's SubjectPublicKeyInfo. */
const POINT_BYTES = 65

/** As PEM. */
export function makeCertificate(fields: CertificateFields): string {
  const algorithm = sequence(objectIdentifier(Oid.ecdsaWithSha256))
  const signed = sequence(
    explicit(0, unsigned(Uint8Array.of(VERSION_3))),
    unsigned(randomBytes(SERIAL_BYTES)),
    algorithm,
    name(fields.issuer),
    sequence(time(fields.notBefore), time(fields.notAfter)),
    name(fields.subject),
    subjectPublicKeyInfo(fields.publicKey),
    explicit(3, sequence(...extensions(fields))),
  )
  const signature = sign('sha256', signed, fields.issuerKey)
  return pem('CERTIFICATE', sequence(signed, algorithm, bitString(signature)))
}

function extensions({ hosts, uses, publicKey, issuerPublicKey }: CertificateFields): Uint8Array[] {
  const isAuthority = uses.includes('authority')
  const { bits, unused } = isAuthority ? SIGNS_CERTIFICATES : SIGNS_HANDSHAKES
  // An authority may sign, but not make others that may.
  const constraints = isAuthority ? sequence(boolean(true), unsigned(EMPTY)) : sequence()
  const all = [
    extension(Oid.basicConstraints, true, constraints),
    extension(Oid.keyUsage, true, bitString(Uint8Array.of(bits), unused)),
    extension(Oid.subjectKeyIdentifier, false, octetString(keyIdentifier(publicKey))),
    extension(Oid.authorityKeyIdentifier, false, sequence(implicit(0, keyIdentifier(issuerPublicKey)))),
  ]
  const extended = [
    ...(uses.includes('server') ? [objectIdentifier(Oid.serverAuth)] : []),
    ...(uses.includes('client') ? [objectIdentifier(Oid.clientAuth)] : []),
  ]
  if (extended.length > 0) all.push(extension(Oid.extendedKeyUsage, false, sequence(...extended)))
  if (hosts.length > 0) all.push(extension(Oid.subjectAltName, false, sequence(...hosts.map(hostName))))
  return all
}

function extension(oid: string, isCritical: boolean, value: Uint8Array): Uint8Array {
  const critical = isCritical ? [boolean(true)] : []
  return sequence(objectIdentifier(oid), ...critical, octetString(value))
}

/** `dNSName` or `iPAddress` (RFC 5280 §4.2.1.6). */
function hostName(host: string): Uint8Array {
  return isIP(host) === 0 ? implicit(2, utf8Bytes(host)) : implicit(7, ipBytes(host))
}

function name(commonName: string): Uint8Array {
  return sequence(attribute(Oid.organization, 'Quorate'), attribute(Oid.commonName, commonName))
}

function attribute(oid: string, value: string): Uint8Array {
  return set(sequence(objectIdentifier(oid), text(value)))
}

function subjectPublicKeyInfo(key: KeyObject): Uint8Array {
  return key.export({ type: 'spki', format: 'der' })
}

/** RFC 7093 §2, the first method. */
function keyIdentifier(key: KeyObject): Uint8Array {
  const point = subjectPublicKeyInfo(key).subarray(-POINT_BYTES)
  return createHash('sha256').update(point).digest().subarray(0, 20)
}

function pem(label: string, bytes: Uint8Array): string {
  const lines = Buffer.from(bytes)
    .toString('base64')
    .match(/.{1,64}/g)!
  return [`-----BEGIN ${label}-----`, ...lines, `-----END ${label}-----`, ''].join('\n')
}
