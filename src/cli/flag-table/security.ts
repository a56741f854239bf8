/** Flags about who may connect, and how that is proved. */
import { type Flags, idle, idleBoolean, used, usedBoolean } from './flag.ts'

const OWN_GATEWAY = 'the JSON gateway is in the node itself, and connects to nobody'

export const SECURITY: Flags = {
  'cert-file': used('certFile', 'certificate for https client URLs, in PEM, with its chain'),
  'key-file': used('keyFile', 'its private key'),
  'client-cert-auth': usedBoolean(
    'clientCertAuth',
    "refuse clients without a certificate of --trusted-ca-file's authorities; its common name is a user's",
  ),
  'trusted-ca-file': used(
    'trustedCaFile',
    'the authorities of clients: whoever shows no certificate of theirs is refused',
  ),
  'client-cert-allowed-hostname': used(
    'clientCertAllowedHostname',
    'hosts of which one must be in the certificate of a client, separated by commas',
  ),
  'client-crl-file': used('clientCrlFile', 'certificates of clients that are believed no more, in PEM'),
  'auto-tls': usedBoolean(
    'autoTls',
    'https client URLs without --cert-file: a certificate made at each start, which nobody vouches for',
  ),
  'peer-cert-file': used('peerCertFile', 'certificate for https peer URLs, shown and asked for, in PEM'),
  'peer-key-file': used('peerKeyFile', 'its private key'),
  'peer-client-cert-auth': usedBoolean(
    'peerClientCertAuth',
    "refuse peers without a certificate of --peer-trusted-ca-file's authorities",
  ),
  'peer-trusted-ca-file': used(
    'peerTrustedCaFile',
    'the authorities of peers: whoever shows no certificate of theirs is refused',
  ),
  'peer-cert-allowed-cn': used(
    'peerCertAllowedCn',
    'common names of which one must be that of a peer, separated by commas',
  ),
  'peer-cert-allowed-hostname': used(
    'peerCertAllowedHostname',
    'hosts of which one must be in the certificate of a peer that dials, separated by commas',
  ),
  'peer-client-cert-file': used('peerClientCertFile', 'certificate for dialling peers, if it is another one'),
  'peer-client-key-file': used('peerClientKeyFile', 'its private key'),
  'peer-crl-file': used('peerCrlFile', 'certificates of peers that are believed no more, in PEM'),
  'peer-auto-tls': usedBoolean(
    'peerAutoTls',
    'https peer URLs without --peer-cert-file: what peers say is hidden, but anybody may be one',
  ),
  'self-signed-cert-validity': used(
    'selfSignedCertValidity',
    'years that certificates made at a start are valid (default 1)',
  ),
  'cipher-suites': used('cipherSuites', "cipher suites of TLS 1.2, in Go's names, separated by commas"),
  'tls-min-version': used('tlsMinVersion', 'the oldest TLS that is spoken: TLS1.2 (default) or TLS1.3'),
  'tls-max-version': used('tlsMaxVersion', 'the newest TLS that is spoken: TLS1.2 or TLS1.3 (default)'),

  'client-cert-file': idle(OWN_GATEWAY),
  'client-key-file': idle(OWN_GATEWAY),
  'peer-skip-client-san-verification': idleBoolean('who dials is never judged by the address it comes from'),
  'experimental-peer-skip-client-san-verification': idleBoolean(
    'who dials is never judged by the address it comes from',
  ),
  'bcrypt-cost': idle('passwords are derived by scrypt, which has no such cost'),
  'auth-token': used(
    'authToken',
    'simple (default), or jwt,pub-key=FILE,priv-key=FILE,sign-method=RS256,ttl=5m',
  ),
  'auth-token-ttl': used('authTokenTtlSeconds', 'seconds that a simple token lives unused (default 300)'),
}
