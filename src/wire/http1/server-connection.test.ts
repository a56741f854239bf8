import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { addMs, type Instant, NEVER } from '../../core/time.ts'
import { sniffProtocol } from '../sniff.ts'
import type { HttpAnswer, HttpBody, HttpRequest } from './http-handler.ts'
import { Http1ServerConnection } from './server-connection.ts'

const START = 5 as Instant
const ascii = (text: string): Uint8Array => Uint8Array.from(text, character => character.charCodeAt(0))
const text = (bytes: Uint8Array): string => String.fromCharCode(...bytes)

function serve(answersAtOnce = true) {
  const requests: string[] = []
  const waiting: ((body: string) => void)[] = []
  let output = ''
  const connection = new Http1ServerConnection(START, {
    wantsFlush() {},
    remote: '10.0.0.1',
    limits: { bodyBytesMax: 100, headBytesMax: 500, headersMax: 10 },
    handler(request: HttpRequest, to: HttpAnswer) {
      const { method, path, query, body } = request
      expect(request.remote).toBe('10.0.0.1')
      requests.push(`${method} ${path} ${query} ${text(body)}`.trim())
      const answer = (said: string): void =>
        to.respond({ status: 200, contentType: 'text/plain', body: ascii(said) })
      if (answersAtOnce) answer(path)
      else waiting.push(answer)
    },
  })
  const send = (what: string): void => connection.receive(START, ascii(what))
  const take = (): string => {
    output = ''
    connection.flush(START, {
      write(bytes) {
        output += text(bytes)
        return true
      },
    })
    return output
  }
  return { connection, requests, waiting, send, take }
}

/** Status codes of the answers in what was sent. */
function statuses(output: string): number[] {
  return [...output.matchAll(/HTTP\/1\.1 (\d+)/g)].map(match => Number(match[1]))
}

describe('a request', () => {
  test('is answered, and the connection stays', () => {
    const { send, take, requests, connection } = serve()
    send('GET /health?serializable=true HTTP/1.1\r\nHost: a\r\n\r\n')
    expect(requests).toEqual(['GET /health serializable=true'])
    expect(take()).toBe('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 7\r\n\r\n/health')
    expect(connection.wantsClose).toBe(false)
  })

  test('with a body, by its length or in chunks', () => {
    const { send, requests } = serve()
    send('POST /a HTTP/1.1\r\nContent-Length: 5\r\n\r\nhe')
    expect(requests).toEqual([])
    send('llo')
    send('POST /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;x=y\r\nhello\r\n')
    send('1\r\n!\r\n0\r\nTrailer: x\r\n\r\n')
    expect(requests).toEqual(['POST /a  hello', 'POST /b  hello!'])
  })

  test('of HEAD gets no body', () => {
    const { send, take } = serve()
    send('HEAD /health HTTP/1.1\r\n\r\n')
    expect(take()).toMatch(/Content-Length: 7\r\n\r\n$/)
  })

  test('that expects to be told to continue is', () => {
    const { send, take, requests } = serve()
    send('POST /a HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n')
    expect(take()).toBe('HTTP/1.1 100 Continue\r\n\r\n')
    send('ok')
    expect(requests).toEqual(['POST /a  ok'])
  })

  test('of HTTP/1.0, or with close, ends the connection with its answer', () => {
    for (const head of ['GET / HTTP/1.0\r\n\r\n', 'GET / HTTP/1.1\r\nConnection: Close\r\n\r\n']) {
      const { send, take, connection } = serve()
      send(head)
      expect(take()).toContain('Connection: close\r\n')
      expect(connection.wantsClose).toBe(true)
    }
    const { send, take, connection } = serve()
    send('GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n')
    expect(take()).toContain('Connection: keep-alive\r\n')
    expect(connection.wantsClose).toBe(false)
  })
})

test('requests sent ahead are answered in order, one after the other', () => {
  const { send, take, requests, waiting } = serve(false)
  send('GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n\r\nGET /3 HTTP/1.1\r\n\r\n')
  expect(requests).toEqual(['GET /1'])
  waiting[0]?.('one')
  waiting[0]?.('again')
  waiting[1]?.('two')
  waiting[2]?.('three')
  expect(requests).toEqual(['GET /1', 'GET /2', 'GET /3'])
  expect(take().match(/one|again|two|three/g)).toEqual(['one', 'two', 'three'])
})

describe('an answer that goes on', () => {
  function begun(head: string) {
    let body: HttpBody | undefined
    const events: string[] = []
    const connection = new Http1ServerConnection(START, {
      wantsFlush() {},
      limits: { outputBytesMax: 100 },
      handler(_, answer) {
        answer.onGone = () => events.push('gone')
        body = answer.begin(200, 'text/plain')
        body.onDrained = () => events.push('drained')
      },
    })
    connection.receive(START, ascii(`${head}\r\n\r\n`))
    const flush = (hasRoom = true): string => {
      const output: string[] = []
      connection.flush(START, {
        write(bytes) {
          output.push(text(bytes))
          return hasRoom
        },
      })
      return output.join('')
    }
    return { connection, body: body!, events, flush }
  }

  test('comes in chunks, and the next request is read behind it', () => {
    const { connection, body, flush } = begun('GET /a HTTP/1.1')
    expect(flush()).toBe('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n')
    body.write(ascii('hello, world, in chunks'))
    body.write(ascii(''))
    expect(flush()).toBe('17\r\nhello, world, in chunks\r\n')
    connection.receive(START, ascii('GET /b HTTP/1.1\r\n\r\n'))
    expect(connection.deadline()).toBe(NEVER)
    body.end()
    body.write(ascii('too late'))
    expect(flush()).toMatch(/^0\r\n\r\nHTTP\/1.1 200 OK/)
  })

  test('ends with the connection for HTTP/1.0, whatever it wished', () => {
    const { connection, body, flush } = begun('GET /a HTTP/1.0\r\nConnection: keep-alive')
    body.write(ascii('hello'))
    body.end()
    expect(flush()).toBe('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: close\r\n\r\nhello')
    expect(connection.wantsClose).toBe(true)
  })

  test('has no body for HEAD', () => {
    const { body, flush } = begun('HEAD /a HTTP/1.1')
    body.write(ascii('hello'))
    body.end()
    expect(flush()).toMatch(/chunked\r\n\r\n$/)
  })

  test('waits for a connection that has enough', () => {
    const { connection, body, events, flush } = begun('GET /a HTTP/1.1')
    expect(body.write(new Uint8Array(200))).toBe(false)
    flush(false)
    expect(body.write(ascii('x'))).toBe(false)
    expect(events).toEqual([])
    connection.drained(START)
    expect(events).toEqual(['drained'])
    expect(body.write(ascii('x'))).toBe(true)
  })

  test('waits for a flush', () => {
    const { body, events, flush } = begun('GET /a HTTP/1.1')
    expect(body.write(new Uint8Array(200))).toBe(false)
    flush()
    expect(events).toEqual(['drained'])
  })

  test('whose client has gone tells its writer, once', () => {
    const { connection, body, events } = begun('GET /a HTTP/1.1')
    connection.lost()
    expect(events).toEqual(['gone'])
    body.end()
    expect(connection.wantsClose).toBe(true)
  })
})

describe('what is refused, and ends the connection', () => {
  const cases: [string, string, number][] = [
    ['no request at all', 'hello\r\n\r\n', 400],
    ['a version unknown', 'GET / HTTP/2.0\r\n\r\n', 505],
    ['a blank before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400],
    ['a folded line', 'GET / HTTP/1.1\r\nA: b\r\n c\r\n\r\n', 400],
    ['two lengths', 'POST / HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 400],
    [
      'a length and chunks',
      'POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
      400,
    ],
    ['a length that is none', 'POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n', 400],
    ['another coding', 'POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n', 501],
    ['a body too long', 'POST / HTTP/1.1\r\nContent-Length: 101\r\n\r\n', 413],
    ['chunks too long', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n', 413],
    ['a chunk that is none', 'POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 400],
    ['a head too long', `GET /${'x'.repeat(500)}`, 431],
    ['too many headers', `GET / HTTP/1.1\r\n${'a: b\r\n'.repeat(11)}\r\n`, 431],
  ]
  for (const [name, bytes, status] of cases) {
    test(name, () => {
      const { send, take, requests, connection } = serve()
      send(bytes)
      expect(statuses(take())).toEqual([status])
      expect(connection.wantsClose).toBe(true)
      send('GET / HTTP/1.1\r\n\r\n')
      expect(requests).toEqual([])
    })
  }

  test('a request that does not arrive in time, and silence', () => {
    const slow = serve()
    slow.send('GET / HT')
    slow.connection.onDeadline(addMs(START, 20_000))
    expect(statuses(slow.take())).toEqual([408])
    const idle = serve()
    idle.connection.onDeadline(addMs(START, 20_000))
    expect(idle.connection.wantsClose).toBe(false)
    idle.connection.onDeadline(addMs(START, 120_000))
    expect([idle.take(), idle.connection.wantsClose]).toEqual(['', true])
  })

  test('a client that sends ahead without end', () => {
    const { send, connection, waiting, take } = serve(false)
    send('GET /1 HTTP/1.1\r\n\r\n')
    for (let i = 0; i < 20; i++) send('x'.repeat(100))
    expect(connection.deadline()).toBe(NEVER)
    waiting[0]?.('fine')
    expect(take()).toContain('fine')
    expect(connection.wantsClose).toBe(true)
  })
})

test('a server that stops answers what it has begun', () => {
  const { send, take, waiting, connection } = serve(false)
  send('GET /1 HTTP/1.1\r\n\r\nGET /2 HTTP/1.1\r\n\r\n')
  connection.shutdown(START)
  expect(connection.wantsClose).toBe(false)
  waiting[0]?.('one')
  expect(take()).toContain('Connection: close')
  expect(connection.wantsClose).toBe(true)
  expect(waiting).toHaveLength(1)
})

test('however the bytes are cut, the same happens', () => {
  const bytes =
    'POST /a?b HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc\r\nGET /c HTTP/1.1\nHost: x\n\n' +
    'POST /d HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nxyz\r\n0\r\n\r\nGET /e HTTP/1.1\r\n\r\n'
  const run = (cuts: number[]) => {
    const { send, take, requests } = serve()
    let at = 0
    for (const cut of [...cuts, bytes.length].sort((a, b) => a - b)) {
      send(bytes.slice(at, cut))
      at = cut
    }
    return [requests, take()]
  }
  const whole = run([])
  expect(whole[0]).toEqual(['POST /a b abc', 'GET /c', 'POST /d  xyz', 'GET /e'])
  fc.assert(
    fc.property(fc.array(fc.nat({ max: bytes.length })), cuts => {
      expect(run(cuts)).toEqual(whole)
    }),
  )
})

test('no bytes make it throw', () => {
  const part = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.constantFrom('GET / HTTP/1.1\r\n', 'Content-Length: 3\r\n', '\r\n', '\n', 'a:b\r\n', 'chunked'),
    fc.constantFrom('POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n', '3\r\nabc\r\n', '0\r\n'),
  )
  fc.assert(
    fc.property(fc.array(part, { maxLength: 30 }), parts => {
      const { send, take } = serve()
      for (const each of parts) send(each)
      take()
    }),
    { numRuns: 300 },
  )
})

test('the first bytes tell which protocol it is', () => {
  expect(sniffProtocol(ascii('PRI * HTTP/2.0\r\n'))).toBe('http2')
  expect(sniffProtocol(ascii('GET / HTTP/1.1'))).toBe('http1')
  expect(sniffProtocol(ascii('PUT'))).toBe('http1')
  expect([sniffProtocol(ascii('P')), sniffProtocol(ascii('PRI * HTTP/2'))]).toEqual([undefined, undefined])
})
