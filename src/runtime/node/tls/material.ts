/**
 * The keys and certificates that handshakes use, read again when their files change: what is connected stays as it is,
 * the next handshake uses the new ones. New files that cannot be used are logged once, and the old ones stay.
 */
import { createSecureContext, type SecureContext, type SecureContextOptions } from 'node:tls'
import { QuorateError } from '../../../core/errors.ts'
import type { Logger } from '../../logger.ts'
import type { PemSource, TlsIdentity, TlsOptions } from '../../tls.ts'
import { FILE_CHECK_INTERVAL_MS } from './limits.ts'
import { loadAuthorities, loadIdentity, readPem, stampOf } from './pem.ts'

/** What one look at the files gave. */
interface Loaded {
  readonly context: SecureContext
  /** The same, for a server that makes its own context. */
  readonly options: SecureContextOptions
}

export class TlsMaterial {
  readonly #tls: TlsOptions
  readonly #identity: TlsIdentity | undefined
  readonly #log: Logger
  readonly #sources: readonly PemSource[]
  #stamp: string
  #lookedAt: number
  #loaded: Loaded

  /** Throws errors with the codes of `TlsErrors`. */
  constructor(tls: TlsOptions, identity: TlsIdentity | undefined, log: Logger) {
    this.#tls = tls
    this.#identity = identity
    this.#log = log
    this.#sources = sourcesOf(tls, identity)
    this.#stamp = this.#stampNow()
    this.#lookedAt = performance.now()
    this.#loaded = this.#load()
  }

  /** What a handshake that begins now uses. The same object for as long as nothing has changed. */
  current(): Loaded {
    const now = performance.now()
    if (this.#sources.length === 0 || now - this.#lookedAt < FILE_CHECK_INTERVAL_MS) return this.#loaded
    this.#lookedAt = now
    const stamp = this.#stampNow()
    if (stamp !== this.#stamp) {
      this.#stamp = stamp
      this.#reload()
    }
    return this.#loaded
  }

  #reload(): void {
    try {
      this.#loaded = this.#load()
      this.#log.info('tls: the files of certificates have changed; new handshakes use them')
    } catch (error) {
      if (!(error instanceof QuorateError)) throw error
      this.#log.warn(`tls: the old certificates stay in use: ${error.message}`, { code: error.code })
    }
  }

  #load(): Loaded {
    const { authorities, revoked, cipherSuites, versionMin, versionMax } = this.#tls
    const options: SecureContextOptions = {
      ...(this.#identity && loadIdentity(this.#identity)),
      ...(authorities && { ca: loadAuthorities(authorities) }),
      ...(revoked && { crl: readPem(revoked) }),
      ...(cipherSuites && { ciphers: cipherSuites.join(':') }),
      minVersion: versionMin ?? 'TLSv1.2',
      ...(versionMax && { maxVersion: versionMax }),
    }
    return { context: createSecureContext(options), options }
  }

  #stampNow(): string {
    return this.#sources.map(stampOf).join('; ')
  }
}

/** The files; what was given as text never changes. */
function sourcesOf(tls: TlsOptions, identity: TlsIdentity | undefined): PemSource[] {
  const identitySources =
    identity !== undefined && 'certificate' in identity ? [identity.certificate, identity.key] : []
  return [...identitySources, tls.authorities, tls.revoked].filter(
    source => source !== undefined && 'file' in source,
  ) as PemSource[]
}
