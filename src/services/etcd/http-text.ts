/** What the answers to plain HTTP have in common: short bodies, and queries of a few words. */
import { utf8Bytes } from '../../core/utf8.ts'
import type { HttpResponse } from '../../wire/http1/http-handler.ts'

/** Whether a query has a parameter, with this value if one is given. */
export function has(query: string, name: string, value?: string): boolean {
  return query
    .split('&')
    .some(part =>
      value === undefined ? part === name || part.startsWith(`${name}=`) : part === `${name}=${value}`,
    )
}

export function text(status: number, body: string, contentType = 'text/plain; charset=utf-8'): HttpResponse {
  return { status, contentType, body: utf8Bytes(body) }
}

export function json(status: number, body: Readonly<Record<string, string>>): HttpResponse {
  return { status, contentType: 'application/json', body: utf8Bytes(JSON.stringify(body)) }
}
