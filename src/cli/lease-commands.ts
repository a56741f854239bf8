/** `quorate lease grant|revoke|keep-alive|timetolive|list`. Ids are hexadecimal, as etcdctl prints and takes them. */
import type { Client } from '../client/client.ts'
import { ClientError, ClientErrors } from '../client/errors.ts'
import { jsonBytes } from './json-pair.ts'
import { print, printBytes } from './output.ts'

interface JsonFlag {
  readonly json?: boolean
}

/** Undefined for what is no id. */
export function parseLeaseId(text: string): bigint | undefined {
  return /^[0-9a-fA-F]{1,16}$/.test(text) ? BigInt.asIntN(64, BigInt(`0x${text}`)) : undefined
}

export function formatLeaseId(id: bigint): string {
  return BigInt.asUintN(64, id).toString(16).padStart(16, '0')
}

export async function grantLease(client: Client, ttlSeconds: number, { json }: JsonFlag): Promise<void> {
  const { id, ttlSeconds: granted } = await client.leases.grant(ttlSeconds)
  if (json) return print(JSON.stringify({ id: formatLeaseId(id), ttlSeconds: granted }))
  print(`lease ${formatLeaseId(id)} granted for ${granted} seconds`)
}

export async function revokeLease(client: Client, id: bigint, { json }: JsonFlag): Promise<void> {
  const { header } = await client.leases.revoke(id)
  print(json ? JSON.stringify({ revision: header.revision }) : `lease ${formatLeaseId(id)} revoked`)
}

/** Until it is lost, or the program is stopped. With `once`: renews it once. */
export async function keepLeaseAlive(
  client: Client,
  id: bigint,
  { once, json }: JsonFlag & { readonly once?: boolean },
): Promise<void> {
  const ttlSeconds = await client.leases.keepAliveOnce(id)
  if (ttlSeconds <= 0) throw gone(id)
  const name = formatLeaseId(id)
  print(
    json ? JSON.stringify({ id: name, ttlSeconds }) : `lease ${name} kept alive for ${ttlSeconds} seconds`,
  )
  if (once) return
  const { signal } = client.leases.keep(id, ttlSeconds)
  await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
}

export async function showLease(
  client: Client,
  id: bigint,
  { keys: withKeys = false, json }: JsonFlag & { readonly keys?: boolean },
): Promise<void> {
  const { ttlSeconds, grantedTtlSeconds, keys } = await client.leases.timeToLive(id, {
    keys: withKeys,
  })
  if (ttlSeconds < 0) throw gone(id)
  if (json) {
    const attached = withKeys ? { keys: keys.map(key => jsonBytes('key', key)) } : {}
    return print(JSON.stringify({ id: formatLeaseId(id), ttlSeconds, grantedTtlSeconds, ...attached }))
  }
  print(`lease ${formatLeaseId(id)}: ${ttlSeconds} of ${grantedTtlSeconds} seconds left`)
  for (const key of keys) printBytes(key)
}

export async function listLeases(client: Client, { json }: JsonFlag): Promise<void> {
  const { ids } = await client.leases.list()
  if (json) return print(JSON.stringify({ ids: ids.map(formatLeaseId) }))
  for (const id of ids) print(formatLeaseId(id))
}

function gone(id: bigint): ClientError {
  return new ClientError(ClientErrors.leaseLost, `there is no lease ${formatLeaseId(id)}`, 'refused')
}
