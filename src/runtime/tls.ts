/**
 * What TLS (RFC 8446) needs to know, as plain values: what this end shows, whom it believes, and what it insists on. A
 * network that can do it makes another of these, on which every connection is encrypted (`Network.secured`).
 */

/** Text in PEM, or the file that it is in. Files are read again when they change. */
export type PemSource = { readonly file: string } | { readonly pem: string }

/** A certificate, its chain behind it, and its private key. */
export type TlsIdentity =
  | { readonly certificate: PemSource; readonly key: PemSource }
  /** Made at the start; nobody vouches for it, so it proves nothing about who shows it. */
  | { readonly selfSignedFor: readonly string[]; readonly days: number }

export type TlsVersion = 'TLSv1.2' | 'TLSv1.3'

export interface TlsOptions {
  /** What is shown. Who listens needs one; who dials shows it if the other end asks. */
  readonly identity?: TlsIdentity
  /** What is shown when dialling, if that is something else. */
  readonly dialIdentity?: TlsIdentity
  /** The authorities that are believed; without, those of the system. */
  readonly authorities?: PemSource
  /** Certificates that are believed no more, though an authority signed them. */
  readonly revoked?: PemSource
  /** Who listens refuses everybody whose certificate no believed authority signed. */
  readonly requireCertificate?: boolean
  /** Whoever is at the other end, its certificate has one of these common names. */
  readonly allowedNames?: readonly string[]
  /** Whoever dials, its certificate is for one of these hosts. */
  readonly allowedHosts?: readonly string[]
  /** Whom a dialled certificate has to name; default: the host that was dialled. */
  readonly serverName?: string
  /** Believes whoever is dialled, as tools do when they are told to. */
  readonly trustAnybody?: boolean
  /** What is spoken within (RFC 7301), the favourite first; none: nothing is said of it. */
  readonly protocols?: readonly string[]
  /** In OpenSSL's names. Only for versions below 1.3. */
  readonly cipherSuites?: readonly string[]
  /** Default 1.2. */
  readonly versionMin?: TlsVersion
  readonly versionMax?: TlsVersion
}

/** What can be wrong with keys, certificates and their use. */
export const TlsErrors = {
  /** A file with a certificate, a key or authorities cannot be read. */
  unreadable: 'QUORATE_TLS_FILE_UNREADABLE',
  /** What should be PEM holds no certificate, or no key. */
  invalid: 'QUORATE_TLS_CERTIFICATE_INVALID',
  /** The private key is not that of the certificate. */
  mismatch: 'QUORATE_TLS_KEY_MISMATCH',
  /** The certificate's time is over, or has not come. */
  expired: 'QUORATE_TLS_CERTIFICATE_EXPIRED',
  /** This world has no TLS (the simulator's). */
  unsupported: 'QUORATE_TLS_UNSUPPORTED',
} as const
