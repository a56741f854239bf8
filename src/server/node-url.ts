/**
 * The URLs of nodes: scheme, host and port, and nothing behind. The URL parser drops a port that is the scheme's own,
 * but here that one is not what goes without saying: etcd's ports are. So nobody else asks a URL for its port.
 */
import type { Address } from '../runtime/network.ts'

const OWN_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 }

/** Why it cannot be the URL of a node; null if it can. */
export function urlProblem(text: string): string | null {
  let url: URL
  try {
    url = new URL(text)
  } catch {
    return 'not a URL'
  }
  if (!(url.protocol in OWN_PORTS)) return 'the scheme must be http or https'
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') return 'a URL here has no path'
  return null
}

/** With a port, whether there was one or not: whoever reads it elsewhere need not know the default. */
export function withPort(text: string, defaultPort: number): string {
  const { protocol, hostname } = new URL(text)
  return `${protocol}//${hostname}:${writtenPort(text) ?? defaultPort}`
}

/** Where to listen, or whom to dial, for a URL in which `urlProblem` sees none. */
export function addressOf(url: string): Address {
  const { protocol, hostname } = new URL(url)
  return { host: hostname.replace(/^\[|\]$/g, ''), port: writtenPort(url) ?? OWN_PORTS[protocol]! }
}

/** Undefined where none is written. One that the scheme makes the parser drop is kept under the other scheme. */
function writtenPort(text: string): number | undefined {
  for (const scheme of ['http:', 'https:']) {
    const { port } = new URL(text.replace(/^[^:]*:/, scheme))
    if (port !== '') return Number(port)
  }
  return undefined
}
