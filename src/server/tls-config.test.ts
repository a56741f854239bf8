import { describe, expect, test } from 'vitest'
import type { Network } from '../runtime/network.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { TlsOptions } from '../runtime/tls.ts'
import { parseConfig } from './config.ts'
import { clientNetworkOf, peerRuntimeOf } from './secured.ts'
import { clientTlsOf, peerTlsOf } from './tls-config.ts'

const CLIENTS = { listenClientUrls: 'https://a:2379' }
const PEERS = {
  listenPeerUrls: 'https://a:2380',
  initialAdvertisePeerUrls: 'https://a:2380',
  initialCluster: 'default=https://a:2380',
}
const CERTIFICATE = { certFile: 'c.pem', keyFile: 'k.pem' }
const PEER_CERTIFICATE = { peerCertFile: 'pc.pem', peerKeyFile: 'pk.pem' }

describe('what is told about TLS and makes no sense is refused:', () => {
  test.each([
    [CLIENTS, 'https://a:2379 needs --cert-file and --key-file, or --auto-tls'],
    [{ listenMetricsUrls: 'https://a:1' }, 'https://a:1 needs --cert-file'],
    [{ ...CLIENTS, certFile: 'c.pem' }, '--cert-file and --key-file are given together'],
    [{ ...CLIENTS, keyFile: 'k.pem' }, '--cert-file and --key-file are given together'],
    [{ ...CLIENTS, ...CERTIFICATE, clientCertAuth: true }, '--client-cert-auth needs --trusted-ca-file'],
    [CERTIFICATE, '--cert-file is given, but no URL of --listen-client-urls is https'],
    [{ trustedCaFile: 'ca.pem' }, '--trusted-ca-file is given, but no URL'],
    [{ autoTls: true }, '--auto-tls is given, but no URL'],
    [PEERS, 'https://a:2380 needs --peer-cert-file and --peer-key-file, or --peer-auto-tls'],
    [PEER_CERTIFICATE, '--peer-cert-file is given, but no URL of --listen-peer-urls is https'],
    [{ ...PEERS, ...PEER_CERTIFICATE, peerClientCertAuth: true }, '--peer-client-cert-auth needs'],
    [{ ...PEERS, ...PEER_CERTIFICATE, peerClientCertFile: 'x' }, '--peer-client-cert-file and'],
    [
      { ...PEERS, ...PEER_CERTIFICATE, peerCertAllowedCn: 'a', peerCertAllowedHostname: 'b' },
      'exclude each other',
    ],
    [
      { ...PEERS, ...PEER_CERTIFICATE, initialCluster: 'default=https://a:2380,b=http://b:2380' },
      'either all peer URLs are https, or all are http',
    ],
    [{ cipherSuites: 'TLS_NOPE,TLS_RSA_WITH_RC4_128_SHA' }, 'TLS_NOPE, TLS_RSA_WITH_RC4_128_SHA'],
    [{ cipherSuites: 'TLS_RSA_WITH_AES_128_CBC_SHA', tlsMinVersion: 'TLS1.3' }, 'cannot be chosen'],
    [{ tlsMinVersion: 'TLS1.3', tlsMaxVersion: 'TLS1.2' }, 'is above --tls-max-version'],
    [{ tlsMinVersion: 'TLS1.1' }, 'must be TLS1.2 or TLS1.3'],
  ])('%j', (input, message) => {
    expect(() => parseConfig(input)).toThrow(
      expect.objectContaining({ code: 'QUORATE_CONFIG_INVALID', message: expect.stringContaining(message) }),
    )
  })
})

describe('what a listener for clients is told', () => {
  const tls = (input: Record<string, unknown>): TlsOptions =>
    clientTlsOf(parseConfig({ ...CLIENTS, ...CERTIFICATE, ...input }))

  test('without authorities: what it shows, and what is spoken within', () => {
    expect(tls({})).toEqual({
      identity: { certificate: { file: 'c.pem' }, key: { file: 'k.pem' } },
      protocols: ['h2', 'http/1.1'],
      versionMin: 'TLSv1.2',
    })
  })

  test('with authorities: that it asks for certificates, even if nobody said so', () => {
    const wanted = { authorities: { file: 'ca.pem' }, requireCertificate: true }
    expect(tls({ trustedCaFile: 'ca.pem' })).toMatchObject(wanted)
    expect(tls({ trustedCaFile: 'ca.pem', clientCertAuth: 'true' })).toMatchObject(wanted)
  })

  test('hosts, revocations, suites and versions', () => {
    const input = {
      trustedCaFile: 'ca.pem',
      clientCertAllowedHostname: 'a.example, b.example',
      clientCrlFile: 'crl.pem',
      cipherSuites: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305',
      tlsMaxVersion: 'TLS1.2',
    }
    expect(tls(input)).toMatchObject({
      allowedHosts: ['a.example', 'b.example'],
      revoked: { file: 'crl.pem' },
      cipherSuites: ['ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-CHACHA20-POLY1305'],
      versionMin: 'TLSv1.2',
      versionMax: 'TLSv1.2',
    })
  })

  test('to make a certificate for the hosts of its https URLs', () => {
    const listenClientUrls = 'https://a:1,http://b:2,https://[::1]:3'
    const config = parseConfig({ listenClientUrls, autoTls: true, selfSignedCertValidity: '2' })
    expect(clientTlsOf(config).identity).toEqual({ selfSignedFor: ['a', '::1'], days: 730 })
  })
})

describe('what peers are told', () => {
  const tls = (input: Record<string, unknown>): TlsOptions | undefined =>
    peerTlsOf(parseConfig({ ...PEERS, ...input }))

  test('nothing where they speak plainly', () => {
    expect(peerTlsOf(parseConfig({}))).toBeUndefined()
  })

  test('the same for listening and dialling, and whose certificate may be there', () => {
    const input = { ...PEER_CERTIFICATE, peerTrustedCaFile: 'ca.pem', peerClientCertAuth: true }
    expect(tls({ ...input, peerCertAllowedCn: 'peer' })).toEqual({
      identity: { certificate: { file: 'pc.pem' }, key: { file: 'pk.pem' } },
      authorities: { file: 'ca.pem' },
      requireCertificate: true,
      allowedNames: ['peer'],
      versionMin: 'TLSv1.2',
    })
  })

  test('another certificate for dialling, if there is one', () => {
    const input = { ...PEER_CERTIFICATE, peerClientCertFile: 'd.pem', peerClientKeyFile: 'dk.pem' }
    expect(tls(input)?.dialIdentity).toEqual({ certificate: { file: 'd.pem' }, key: { file: 'dk.pem' } })
  })

  test('to believe anybody only where certificates are made at each start, and no authority is named', () => {
    expect(tls({ peerAutoTls: true })).toMatchObject({ trustAnybody: true })
    expect(tls({ peerAutoTls: true, peerTrustedCaFile: 'ca.pem' })).not.toHaveProperty('trustAnybody')
    expect(tls(PEER_CERTIFICATE)).not.toHaveProperty('trustAnybody')
  })
})

describe('the networks of a node', () => {
  const plain = {} as Network
  const secured = {} as Network
  const runtime = { network: { ...plain, secured: () => secured } } as unknown as Runtime
  const config = parseConfig({
    ...PEERS,
    ...PEER_CERTIFICATE,
    ...CERTIFICATE,
    listenClientUrls: 'https://a:2379,http://a:2378',
  })

  test('have TLS where the URL says so', () => {
    const networkOf = clientNetworkOf(runtime, config)
    expect(networkOf('https://a:2379')).toBe(secured)
    expect(networkOf('http://a:2378')).toBe(runtime.network)
    expect(peerRuntimeOf(runtime, config).network).toBe(secured)
    expect(peerRuntimeOf(runtime, parseConfig({}))).toBe(runtime)
  })

  test('are refused in a world that has no TLS: QUORATE_TLS_UNSUPPORTED', () => {
    const simulated = { network: plain } as unknown as Runtime
    const refusal = expect.objectContaining({ code: 'QUORATE_TLS_UNSUPPORTED' })
    expect(() => clientNetworkOf(simulated, config)).toThrow(refusal)
    expect(() => peerRuntimeOf(simulated, config)).toThrow(refusal)
  })
})
