import { createPrivateKey, X509Certificate } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { issueCertificate, makeAuthority, makeSelfSigned } from './authority.ts'
import { objectIdentifier, octetString, time, unsigned } from './der.ts'
import { ipBytes } from './ip-bytes.ts'

const DAY_MS = 86_400_000

describe('a certificate of a test authority', () => {
  const authority = makeAuthority('the authority', 10)
  const issuer = new X509Certificate(authority.certificate)
  const request = {
    commonName: 'app',
    hosts: ['localhost', '127.0.0.1', '::1'],
    uses: ['client'],
    days: 2,
  } as const
  const issued = issueCertificate(authority, request)
  const certificate = new X509Certificate(issued.certificate)

  test('is signed by the authority, and by nobody else', () => {
    expect(certificate.checkIssued(issuer)).toBe(true)
    expect(certificate.verify(issuer.publicKey)).toBe(true)
    const other = new X509Certificate(makeAuthority('the authority', 10).certificate)
    expect(certificate.verify(other.publicKey)).toBe(false)
  })

  test('belongs to the key that comes with it', () => {
    expect(certificate.checkPrivateKey(createPrivateKey(issued.key))).toBe(true)
    expect(certificate.checkPrivateKey(createPrivateKey(authority.key))).toBe(false)
  })

  test('names who it is about, where that answers, and who signed', () => {
    expect(certificate.subject).toBe('O=Quorate\nCN=app')
    expect(certificate.issuer).toBe('O=Quorate\nCN=the authority')
    expect(certificate.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1')
    expect(certificate.checkHost('localhost')).toBe('localhost')
    expect(certificate.checkHost('elsewhere')).toBeUndefined()
    expect(certificate.checkIP('::1')).toBe('::1')
  })

  test('may only be used for what was asked', () => {
    const CLIENT = '1.3.6.1.5.5.7.3.2'
    expect(certificate.ca).toBe(false)
    expect(issuer.ca).toBe(true)
    expect(certificate.keyUsage).toEqual([CLIENT])
    const both = issueCertificate(authority, { ...request, uses: ['server', 'client'] })
    expect(new X509Certificate(both.certificate).keyUsage).toEqual(['1.3.6.1.5.5.7.3.1', CLIENT])
  })

  test('is valid from an hour ago, for so many days', () => {
    const from = Date.parse(certificate.validFrom)
    const to = Date.parse(certificate.validTo)
    expect(from).toBeLessThan(Date.now() - 3_500_000)
    expect(Math.abs(to - Date.now() - 2 * DAY_MS)).toBeLessThan(60_000)
    const far = makeSelfSigned({ ...request, days: 36_500 })
    expect(Date.parse(new X509Certificate(far.certificate).validTo)).toBeGreaterThan(
      Date.now() + 36_499 * DAY_MS,
    )
    const over = makeSelfSigned({ ...request, days: -1 })
    expect(Date.parse(new X509Certificate(over.certificate).validTo)).toBeLessThan(Date.now())
  })

  test('has a number of its own, which is positive', () => {
    const numbers = Array.from(
      { length: 8 },
      () => new X509Certificate(makeSelfSigned(request).certificate).serialNumber,
    )
    expect(new Set(numbers).size).toBe(8)
    // The library writes a negative one with a sign.
    for (const number of numbers) expect(number).toMatch(/^[0-9A-F]+$/)
  })
})

describe('DER', () => {
  test('writes lengths in as few bytes as they need', () => {
    const head = (length: number): number[] => [...octetString(new Uint8Array(length)).subarray(0, 5)]
    expect(head(127).slice(0, 2)).toEqual([4, 127])
    expect(head(128).slice(0, 3)).toEqual([4, 0x81, 128])
    expect(head(255).slice(0, 3)).toEqual([4, 0x81, 255])
    expect(head(256).slice(0, 4)).toEqual([4, 0x82, 1, 0])
    expect(head(65_536)).toEqual([4, 0x83, 1, 0, 0])
  })

  test('writes a number without leading zeros, and never as a negative one', () => {
    expect([...unsigned(Uint8Array.of(0, 0, 5))]).toEqual([2, 1, 5])
    expect([...unsigned(Uint8Array.of(0))]).toEqual([2, 1, 0])
    expect([...unsigned(Uint8Array.of(0x80))]).toEqual([2, 2, 0, 0x80])
    expect([...unsigned(Uint8Array.of(0x7f))]).toEqual([2, 1, 0x7f])
  })

  test('writes identifiers seven bits a byte', () => {
    expect([...objectIdentifier('1.2.840.10045.4.3.2')]).toEqual([
      6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2,
    ])
    expect([...objectIdentifier('2.5.4.3')]).toEqual([6, 3, 0x55, 4, 3])
  })

  test('writes years from 2050 on with four digits', () => {
    const shown = (iso: string): string => String.fromCharCode(...time(new Date(iso)))
    expect(shown('2049-12-31T23:59:59Z')).toBe('\x17\x0d491231235959Z')
    expect(shown('2050-01-01T00:00:00.5Z')).toBe('\x18\x0f20500101000000Z')
  })
})

test('the bytes of an address are those that the library reads back', () => {
  const v4 = fc.ipV4()
  const v6 = fc.ipV6()
  fc.assert(
    fc.property(fc.oneof(v4, v6), address => {
      expect(ipBytes(address)).toHaveLength(address.includes(':') ? 16 : 4)
    }),
  )
  expect([...ipBytes('::')]).toEqual(new Array(16).fill(0))
  expect([...ipBytes('1::2')]).toEqual([0, 1, ...new Array(12).fill(0), 0, 2])
  expect([...ipBytes('::ffff:1.2.3.4')]).toEqual([...new Array(10).fill(0), 255, 255, 1, 2, 3, 4])
  const hosts = fc.sample(fc.oneof(v4, v6), 20)
  const made = makeSelfSigned({ commonName: 'x', hosts, uses: ['server'], days: 1 })
  const certificate = new X509Certificate(made.certificate)
  for (const host of hosts) expect(certificate.checkIP(host), host).toBe(host)
})
