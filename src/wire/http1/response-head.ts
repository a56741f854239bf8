/** The status line and headers of a response (RFC 9112 §4). No Date: this floor has no wall clock (§6.6.1). */
import { utf8Bytes } from '../../core/utf8.ts'

const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  204: 'No Content',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  429: 'Too Many Requests',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
}

export function reasonPhrase(status: number): string {
  return REASONS[status] ?? 'Unknown'
}

/** Of an answer whose length is known, or, with `null`, that comes in chunks (§7.1) or ends with the connection. */
export function responseHead(
  status: number,
  contentType: string,
  bodyBytes: number | null,
  keepAlive: boolean,
  minor: number,
): Uint8Array {
  let text = `HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n`
  text += `Content-Type: ${contentType.replace(/[\r\n]/g, ' ')}\r\n`
  if (bodyBytes !== null) text += `Content-Length: ${bodyBytes}\r\n`
  else if (minor > 0) text += 'Transfer-Encoding: chunked\r\n'
  if (!keepAlive) text += 'Connection: close\r\n'
  else if (minor === 0) text += 'Connection: keep-alive\r\n'
  return utf8Bytes(`${text}\r\n`)
}
