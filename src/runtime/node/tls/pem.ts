/** Reads what TLS is told to use, and says what is wrong with it before anything relies on it. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { QuorateError } from '../../../core/errors.ts'
import { type PemSource, TlsErrors, type TlsIdentity } from '../../tls.ts'
import { makeSelfSigned } from '../certificates/authority.ts'

/** A certificate with its chain, and its key, as text that was checked. */
export interface LoadedIdentity {
  readonly cert: string
  readonly key: string
}

/** What tells whether a file is still the same: replaced by a rename, it has another inode. */
export function stampOf(source: PemSource): string {
  if (!('file' in source)) return ''
  const stat = statSync(source.file, { throwIfNoEntry: false, bigint: true })
  return stat === undefined ? 'missing' : `${stat.ino} ${stat.mtimeNs} ${stat.size}`
}

/** Throws `QUORATE_TLS_FILE_UNREADABLE`. */
export function readPem(source: PemSource): string {
  if ('pem' in source) return source.pem
  try {
    return readFileSync(source.file, 'utf8')
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause)
    throw new QuorateError(TlsErrors.unreadable, `cannot read ${source.file}: ${why}`, 'refused', {
      hint: 'check the path, and that the user who runs this may read it',
      cause,
    })
  }
}

/** Throws errors with the codes of `TlsErrors`. */
export function loadIdentity(identity: TlsIdentity): LoadedIdentity {
  if ('selfSignedFor' in identity) {
    const { selfSignedFor: hosts, days } = identity
    const made = makeSelfSigned({ commonName: 'self-signed', hosts, uses: ['server', 'client'], days })
    return { cert: made.certificate, key: made.key }
  }
  const cert = readPem(identity.certificate)
  const key = readPem(identity.key)
  const parsed = parseCertificate(cert, nameOf(identity.certificate))
  if (!parsed.checkPrivateKey(parseKey(key, nameOf(identity.key)))) {
    const message = `the key ${nameOf(identity.key)} is not that of the certificate ${nameOf(identity.certificate)}`
    throw new QuorateError(TlsErrors.mismatch, message, 'refused', {
      hint: 'give the key that was made together with the certificate',
    })
  }
  checkTime(parsed, nameOf(identity.certificate))
  return { cert, key }
}

/** Throws `QUORATE_TLS_CERTIFICATE_INVALID` unless there is at least one certificate in it. */
export function loadAuthorities(source: PemSource): string {
  const pem = readPem(source)
  parseCertificate(pem, nameOf(source))
  return pem
}

/** How messages call it. */
function nameOf(source: PemSource): string {
  return 'file' in source ? source.file : '(given as text)'
}

function parseCertificate(pem: string, name: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (cause) {
    throw invalid(`${name} holds no certificate in PEM`, cause)
  }
}

function parseKey(pem: string, name: string): KeyObject {
  try {
    return createPrivateKey(pem)
  } catch (cause) {
    throw invalid(`${name} holds no private key in PEM that could be used`, cause)
  }
}

function checkTime(certificate: X509Certificate, name: string): void {
  const now = Date.now()
  const { validFrom, validTo } = certificate
  if (now >= Date.parse(validFrom) && now <= Date.parse(validTo)) return
  const message = `the certificate ${name} is valid from ${validFrom} to ${validTo}, which is not now`
  throw new QuorateError(TlsErrors.expired, message, 'refused', {
    hint: 'have a new one issued; check the clock of this machine',
  })
}

function invalid(message: string, cause: unknown): QuorateError {
  return new QuorateError(TlsErrors.invalid, message, 'refused', {
    hint: 'certificates and keys begin with a line such as -----BEGIN CERTIFICATE-----',
    cause,
  })
}
