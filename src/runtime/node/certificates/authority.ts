/**
 * A test authority: a key that signs the certificates of a cluster's nodes and clients. For development, tests and
 * small installations; whoever has an authority already uses that.
 *
 * Certificates are valid from an hour ago, because clocks differ, and for as many days as is asked.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  X509Certificate,
} from 'node:crypto'
import { type CertificateUse, makeCertificate } from './certificate.ts'

/** A certificate and its private key, both as PEM. */
export interface KeyPair {
  readonly certificate: string
  readonly key: string
}

export interface CertificateRequest {
  readonly commonName: string
  /** Names and IP addresses. */
  readonly hosts: readonly string[]
  readonly uses: readonly CertificateUse[]
  /** How long it is valid; below 0 it has expired already, which tests ask for. */
  readonly days: number
}

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS

/** One that signs itself. */
export function makeAuthority(commonName: string, days: number): KeyPair {
  return makeSelfSigned({ commonName, hosts: [], uses: ['authority'], days })
}

/** A certificate that nobody vouches for: it hides what is said, and proves nothing about who says it. */
export function makeSelfSigned(request: CertificateRequest): KeyPair {
  const { publicKey, privateKey } = newKey()
  const signer = { commonName: request.commonName, publicKey, privateKey }
  return { certificate: certificateOf(request, publicKey, signer), key: pemOf(privateKey) }
}

/** Signs with an authority's key. */
export function issueCertificate(authority: KeyPair, request: CertificateRequest): KeyPair {
  const { publicKey, privateKey } = newKey()
  const signer = {
    commonName: commonNameOf(authority.certificate),
    publicKey: createPublicKey(authority.certificate),
    privateKey: createPrivateKey(authority.key),
  }
  return { certificate: certificateOf(request, publicKey, signer), key: pemOf(privateKey) }
}

/** Throws an error that says why a pair is no authority that could sign here. */
export function checkAuthority({ certificate, key }: KeyPair): void {
  const parsed = new X509Certificate(certificate)
  if (!parsed.ca) throw new Error('the certificate is not that of an authority')
  if (!parsed.checkPrivateKey(createPrivateKey(key)))
    throw new Error('the key is not that of the certificate')
  const request = { commonName: 'a test', hosts: [], uses: ['client'], days: 1 } as const
  const made = new X509Certificate(issueCertificate({ certificate, key }, request).certificate)
  // Names are written one way here; an authority of another tool may have more in its name, or another kind of key.
  if (!made.checkIssued(parsed) || !made.verify(parsed.publicKey)) {
    throw new Error('only authorities that quorate certs has made can sign here')
  }
}

interface Signer {
  readonly commonName: string
  readonly publicKey: KeyObject
  readonly privateKey: KeyObject
}

function certificateOf(request: CertificateRequest, publicKey: KeyObject, signer: Signer): string {
  const { commonName, hosts, uses, days } = request
  const now = Date.now()
  const notAfter = now + days * DAY_MS
  return makeCertificate({
    subject: commonName,
    issuer: signer.commonName,
    hosts,
    uses,
    notBefore: new Date(Math.min(now, notAfter) - HOUR_MS),
    notAfter: new Date(notAfter),
    publicKey,
    issuerKey: signer.privateKey,
    issuerPublicKey: signer.publicKey,
  })
}

function newKey(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  return generateKeyPairSync('ec', { namedCurve: 'prime256v1' })
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}

/** Node.js prints a name as a line for each of its parts. */
function commonNameOf(certificate: string): string {
  const line = new X509Certificate(certificate).subject.split('\n').find(part => part.startsWith('CN='))
  return line?.slice('CN='.length) ?? ''
}
