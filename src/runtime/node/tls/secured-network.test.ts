import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { connect as connectPlain, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as dialTls } from 'node:tls'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { LogFields, Logger } from '../../logger.ts'
import { silentLogger } from '../../logger.ts'
import { describeNetwork } from '../../network.conformance.ts'
import type { Connection, Listener, NetworkError } from '../../network.ts'
import type { TlsOptions } from '../../tls.ts'
import {
  type CertificateRequest,
  issueCertificate,
  type KeyPair,
  makeAuthority,
} from '../certificates/authority.ts'
import { nodeNetwork } from '../network.ts'
import { HANDSHAKES_MAX } from './limits.ts'

const HOST = '127.0.0.1'
const authority = makeAuthority('the authority', 30)
const stranger = makeAuthority('a stranger', 30)

function issue(request: Partial<CertificateRequest> = {}, by: KeyPair = authority): KeyPair {
  const all = { commonName: 'server', hosts: [HOST], uses: ['server', 'client'], days: 30 } as const
  return issueCertificate(by, { ...all, ...request })
}

const identityOf = ({ certificate, key }: KeyPair) => ({
  certificate: { pem: certificate },
  key: { pem: key },
})
const trusted = { pem: authority.certificate }

const server = issue()
const app = issue({ commonName: 'app', hosts: [] })
const MUTUAL = { identity: identityOf(server), authorities: trusted, requireCertificate: true }

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise(resolve => setImmediate(resolve))
}

describeNetwork('TLS', () => {
  const network = nodeNetwork().secured!(MUTUAL)
  return { server: network, client: network, address: { host: HOST, port: 0 }, until, close() {} }
})

/** A logger that keeps its lines. */
function memoryLog() {
  const lines: { readonly message: string; readonly fields: LogFields }[] = []
  const add = (message: string, fields: LogFields = {}): void => {
    lines.push({ message, fields })
  }
  const log: Logger = { ...silentLogger, info: add, warn: add, child: () => log }
  return { log, lines, messages: () => lines.map(({ message }) => message) }
}

describe('a listener with TLS', () => {
  const open: { close(): void }[] = []
  afterEach(() => {
    for (const each of open.splice(0).reverse()) each.close()
  })

  async function serve(tls: TlsOptions, handshakeTimeoutMs = 5_000) {
    const { log, lines, messages } = memoryLog()
    const accepted: Connection[] = []
    let isOpen = false
    const listener: Listener = nodeNetwork({ log, handshakeTimeoutMs }).secured!(tls).listen(
      { host: HOST, port: 0 },
      connection => {
        accepted.push(connection)
        open.push({ close: () => connection.destroy() })
        return { received: bytes => connection.write(bytes.slice()), drained() {}, closed() {} }
      },
      error => {
        expect(error).toBeNull()
        isOpen = true
      },
    )
    open.push(listener)
    await until(() => isOpen)
    return { port: listener.port(), accepted, lines, messages }
  }

  /** What became of a client that says hello: the echo, or why not. */
  async function hello(port: number, tls: TlsOptions): Promise<string> {
    let outcome: string | undefined
    const connection = nodeNetwork().secured!(tls).connect(
      { host: HOST, port },
      {
        opened: () => connection.write(new Uint8Array([104, 105])),
        received: bytes => {
          outcome = new TextDecoder().decode(bytes)
        },
        drained() {},
        closed: error => {
          outcome ??= error?.message ?? 'closed'
        },
      },
    )
    open.push({ close: () => connection.destroy() })
    await until(() => outcome !== undefined)
    return outcome!
  }

  /** A client without TLS: what it was answered, once it was closed. */
  async function plain(port: number, text: string): Promise<Buffer> {
    const socket = connectPlain(port, HOST)
    open.push({ close: () => socket.destroy() })
    const chunks: Buffer[] = []
    let closed = false
    socket.on('data', chunk => chunks.push(chunk))
    socket.on('error', () => {})
    socket.on('close', () => {
      closed = true
    })
    socket.write(text)
    await until(() => closed)
    return Buffer.concat(chunks)
  }

  it('tells who the client is, by the common name of its certificate', async () => {
    const { port, accepted } = await serve(MUTUAL)
    expect(await hello(port, { authorities: trusted, identity: identityOf(app) })).toBe('hi')
    expect(accepted.map(({ certificateName }) => certificateName)).toEqual(['app'])
  })

  it('tells no name of a client that was not asked who it is', async () => {
    const { port, accepted } = await serve({ identity: identityOf(server) })
    expect(await hello(port, { authorities: trusted, identity: identityOf(app) })).toBe('hi')
    expect(accepted.map(({ certificateName }) => certificateName)).toEqual([undefined])
  })

  it.each([
    ['who shows none', {}, /certificate required|handshake/],
    ['whose authority is another', { identity: identityOf(issue({}, stranger)) }, /unknown ca|clos|reset/],
    ['that has expired', { identity: { certificate: { pem: issue({ days: -1 }).certificate } } }, /./],
    [
      'that is for servers only',
      { identity: identityOf(issue({ uses: ['server'] })) },
      /clos|reset|unsupported/,
    ],
  ])('refuses a client %s', async (_who, given, why) => {
    const { port, accepted, messages } = await serve(MUTUAL)
    // An expired one would be refused by our own client before it dials.
    const expired = issue({ days: -1 })
    const isExpired = String(why) === '/./'
    const outcome = isExpired
      ? await rawTls(port, expired)
      : await hello(port, { authorities: trusted, ...(given as TlsOptions) })
    expect(outcome).toMatch(why)
    await until(() => messages().length > 0)
    expect(messages()[0]).toMatch(/^tls: a connection was refused: /)
    expect(accepted).toEqual([])
  })

  /** The library's own client, with whatever certificate: why it was closed. */
  function rawTls(port: number, { certificate, key }: KeyPair): Promise<string> {
    return new Promise(resolve => {
      const socket = dialTls({ host: HOST, port, ca: authority.certificate, cert: certificate, key })
      socket.on('error', error => resolve(error.message))
      socket.on('close', () => resolve('closed'))
    })
  }

  it('refuses a certificate whose common name is not among those allowed', async () => {
    const { port, messages } = await serve({ ...MUTUAL, allowedNames: ['peer', 'app'] })
    expect(await hello(port, { authorities: trusted, identity: identityOf(app) })).toBe('hi')
    expect(await hello(port, { authorities: trusted, identity: identityOf(server) })).not.toBe('hi')
    expect(messages()).toEqual([
      'tls: a connection was refused: the common name of its certificate, server, is not allowed',
    ])
  })

  it('refuses a certificate that is for none of the hosts that are allowed', async () => {
    const { port, messages } = await serve({ ...MUTUAL, allowedHosts: ['b.example', '127.0.0.1'] })
    expect(await hello(port, { authorities: trusted, identity: identityOf(server) })).toBe('hi')
    expect(await hello(port, { authorities: trusted, identity: identityOf(app) })).not.toBe('hi')
    expect(messages().join()).toContain('its certificate is for none of b.example, 127.0.0.1')
  })

  it('closes what speaks plainly, answers none of it, and says so once, however often it comes', async () => {
    const { port, accepted, messages } = await serve(MUTUAL)
    for (let i = 0; i < 5; i++) {
      const answer = await plain(port, 'GET /health HTTP/1.1\r\n\r\n')
      expect(answer.toString('latin1')).not.toContain('HTTP/')
    }
    await plain(port, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n')
    expect(accepted).toEqual([])
    expect(messages()).toEqual([
      'tls: a connection was refused: plain HTTP came where TLS is spoken',
      'tls: a connection was refused: the other end does not speak TLS',
    ])
  })

  it('closes who says nothing when the time for a handshake is over', async () => {
    const { port, messages } = await serve(MUTUAL, 30)
    expect((await plain(port, '')).length).toBe(0)
    expect(messages()).toEqual(['tls: a connection was refused: the handshake took too long'])
  })

  it('gives up the oldest of the silent for those who speak, and nobody whose handshake is done', async () => {
    const { port, accepted } = await serve(MUTUAL, 60_000)
    const { certificate: cert, key } = app
    const old = dialTls({ host: HOST, port, ca: authority.certificate, cert, key })
    old.on('error', () => {})
    open.push({ close: () => old.destroy() })
    await until(() => accepted.length === 1)
    const silent: Socket[] = []
    let closed = 0
    for (let i = 0; i < HANDSHAKES_MAX + 10; i++) {
      const socket = connectPlain(port, HOST)
      socket.on('close', () => closed++)
      socket.on('error', () => {})
      silent.push(socket)
      open.push({ close: () => socket.destroy() })
      await new Promise<void>(resolve => socket.once('connect', () => resolve()))
    }
    expect(await hello(port, { authorities: trusted, identity: identityOf(app) })).toBe('hi')
    await until(() => closed === 11)
    expect(silent.slice(0, 11).every(socket => socket.closed)).toBe(true)
    expect(old.closed).toBe(false)
  })

  it('forgets a handshake that is over, however it ended', async () => {
    const { port } = await serve(MUTUAL, 60_000)
    const [waiting] = [connectPlain(port, HOST)]
    open.push({ close: () => waiting.destroy() })
    for (let i = 0; i < HANDSHAKES_MAX; i++) await plain(port, 'no handshake')
    for (let i = 0; i < 3; i++) {
      expect(await hello(port, { authorities: trusted, identity: identityOf(app) })).toBe('hi')
    }
    expect(waiting.closed).toBe(false)
  })

  it('agrees on what is spoken within', async () => {
    const { port } = await serve({ ...MUTUAL, protocols: ['h2', 'http/1.1'] })
    const { certificate: cert, key } = app
    const socket = dialTls({ host: HOST, port, ca: authority.certificate, cert, key, ALPNProtocols: ['h2'] })
    open.push({ close: () => socket.destroy() })
    await new Promise<void>(resolve => socket.once('secureConnect', () => resolve()))
    expect(socket.alpnProtocol).toBe('h2')
  })

  it.each([
    ['an older version', { versionMin: 'TLSv1.3' }, { maxVersion: 'TLSv1.2' }],
    [
      'another cipher suite',
      { versionMax: 'TLSv1.2', cipherSuites: ['ECDHE-ECDSA-AES256-GCM-SHA384'] },
      { ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' },
    ],
  ] as const)('refuses %s than it was told to speak', async (_what, tls, client) => {
    const { port, accepted } = await serve({ identity: identityOf(server), ...tls })
    const socket = dialTls({ host: HOST, port, ca: authority.certificate, ...client })
    const error = await new Promise<Error>(resolve => socket.once('error', resolve))
    expect(error.message).toMatch(/alert|handshake/)
    expect(accepted).toEqual([])
  })
})

describe('who dials with TLS', () => {
  const open: { close(): void }[] = []
  afterEach(() => {
    for (const each of open.splice(0).reverse()) each.close()
  })

  /** @returns null if it was opened, else why not */
  async function dialling(tls: TlsOptions, shown: KeyPair | 'plain'): Promise<NetworkError | null> {
    let isOpen = false
    let outcome: NetworkError | null | undefined
    const network = nodeNetwork()
    const listening = shown === 'plain' ? network : network.secured!({ identity: identityOf(shown) })
    const listener = listening.listen(
      { host: HOST, port: 0 },
      connection => {
        open.push({ close: () => connection.destroy() })
        return {
          received: () => connection.write(new TextEncoder().encode('HTTP/1.1 400\r\n\r\n')),
          drained() {},
          closed() {},
        }
      },
      () => {
        isOpen = true
      },
    )
    open.push(listener)
    await until(() => isOpen)
    const address = { host: HOST, port: listener.port() }
    const connection = network.secured!(tls).connect(address, {
      opened: () => {
        outcome = null
      },
      received() {},
      drained() {},
      closed: error => {
        outcome ??= error
      },
    })
    open.push({ close: () => connection.destroy() })
    await until(() => outcome !== undefined)
    return outcome!
  }

  it.each([
    [
      'a certificate of an authority that it does not know',
      issue({}, stranger),
      {},
      'unable to verify the first certificate',
    ],
    [
      'a certificate for another host',
      issue({ hosts: ['b.example'] }),
      {},
      "IP: 127.0.0.1 is not in the cert's list",
    ],
    ['a certificate for clients only', issue({ uses: ['client'] }), {}, 'unsuitable certificate purpose'],
    ['a common name that is not allowed', issue(), { allowedNames: ['peer'] }, 'is not allowed'],
    ['another name than it was told to expect', issue(), { serverName: 'b.example' }, 'b.example'],
    ['no TLS at all', 'plain', {}, 'the other end does not speak TLS'],
  ] as const)('refuses %s', async (_what, shown, tls, why) => {
    const error = await dialling({ authorities: trusted, ...tls }, shown)
    expect(error).toMatchObject({ kind: 'tls', message: expect.stringContaining(why) })
  })

  it.each([
    ['of its authority, for the address that was dialled', issue(), {}],
    ['for the name that it was told to expect', issue({ hosts: ['b.example'] }), { serverName: 'b.example' }],
    ['of anybody, when told to believe anybody', issue({ hosts: ['x'] }, stranger), { trustAnybody: true }],
  ] as const)('takes a certificate %s', async (_what, shown, tls) => {
    expect(await dialling({ authorities: trusted, ...tls }, shown)).toBeNull()
  })

  it('believes without an authority of its own only those of the system', async () => {
    expect(await dialling({}, issue())).toMatchObject({ kind: 'tls' })
  })
})

describe('files of keys and certificates', () => {
  let directory: string
  const file = (name: string): string => join(directory, name)
  const put = (name: string, text: string): void => {
    writeFileSync(file(`${name}.new`), text)
    renameSync(file(`${name}.new`), file(name))
  }
  const identity = () => ({ certificate: { file: file('cert.pem') }, key: { file: file('key.pem') } })
  const putPair = ({ certificate, key }: KeyPair): void => {
    put('cert.pem', certificate)
    put('key.pem', key)
  }
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'tls-'))
    putPair(issue({ commonName: 'first' }))
  })
  afterEach(() => rmSync(directory, { recursive: true, force: true }))

  it.each([
    ['QUORATE_TLS_FILE_UNREADABLE', () => rmSync(file('cert.pem'))],
    ['QUORATE_TLS_FILE_UNREADABLE', () => rmSync(file('key.pem'))],
    ['QUORATE_TLS_CERTIFICATE_INVALID', () => put('cert.pem', 'nonsense')],
    ['QUORATE_TLS_CERTIFICATE_INVALID', () => put('key.pem', issue().certificate)],
    ['QUORATE_TLS_KEY_MISMATCH', () => put('key.pem', issue().key)],
    ['QUORATE_TLS_CERTIFICATE_EXPIRED', () => putPair(issue({ days: -1 }))],
  ])('are refused with %s before anything listens', (code, spoil) => {
    spoil()
    expect(() => nodeNetwork().secured!({ identity: identity() })).toThrow(expect.objectContaining({ code }))
  })

  it('are refused where authorities should be, and are none', () => {
    put('cert.pem', '')
    const authorities = { file: file('cert.pem') }
    expect(() => nodeNetwork().secured!({ authorities })).toThrow(
      expect.objectContaining({ code: 'QUORATE_TLS_CERTIFICATE_INVALID' }),
    )
  })

  it('are used by new handshakes as soon as they have changed; a pair that does not fit is not', async () => {
    const { log, messages } = memoryLog()
    let port = 0
    let isOpen = false
    const connections: Connection[] = []
    const listener = nodeNetwork({ log }).secured!({ identity: identity() }).listen(
      { host: HOST, port: 0 },
      connection => {
        connections.push(connection)
        return { received: bytes => connection.write(bytes.slice()), drained() {}, closed() {} }
      },
      () => {
        isOpen = true
      },
    )
    await until(() => isOpen)
    port = listener.port()
    /** Whom a new connection meets; it stays open. */
    const meet = (): Promise<[string, ReturnType<typeof dialTls>]> =>
      new Promise(resolve => {
        const socket = dialTls({ host: HOST, port, ca: authority.certificate }, () =>
          resolve([String(socket.getPeerCertificate().subject.CN), socket]),
        )
      })
    const meets = async (name: string): Promise<void> => {
      for (let met = ''; met !== name; ) {
        const [now, socket] = await meet()
        socket.destroy()
        met = now
      }
    }
    const [first, old] = await meet()
    expect(first).toBe('first')

    const second = issue({ commonName: 'second' })
    put('cert.pem', second.certificate)
    while (messages().length === 0) {
      const [still, socket] = await meet()
      expect(still, 'a certificate whose key has not come yet').toBe('first')
      socket.destroy()
    }
    expect(messages()[0]).toContain('the old certificates stay in use: the key')
    put('key.pem', second.key)
    await meets('second')
    expect(messages().slice(1)).toEqual([
      'tls: the files of certificates have changed; new handshakes use them',
    ])

    // What was connected with the old one goes on.
    const echo = new Promise<string>(resolve => old.once('data', chunk => resolve(chunk.toString())))
    old.write('still here')
    expect(await echo).toBe('still here')
    old.destroy()
    for (const connection of connections) connection.destroy()
    listener.close()
  })
})
