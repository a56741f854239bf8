/** Peer URLs as etcd takes them: scheme, host and port, and nothing behind. */
const PEER_URL = /^https?:\/\/(?:\[[0-9a-fA-F:.]+\]|[^:/?#@[\]\s,]+):(\d{1,5})$/

export function arePeerUrls(urls: readonly string[]): boolean {
  return urls.length > 0 && urls.every(isPeerUrl)
}

function isPeerUrl(url: string): boolean {
  const port = Number(PEER_URL.exec(url)?.[1] ?? 0)
  return port >= 1 && port <= 65_535
}
