/** `quorate alarm`, `quorate defrag`, `quorate compact`: the upkeep of a cluster. Ids are hexadecimal. */
import type { Client } from '../client/client.ts'
import type { AlarmMember } from '../client/maintenance-client.ts'
import { alarmName } from '../wire/etcd/alarm.ts'
import { colors as pc } from './colors.ts'
import { ExitCode } from './exit-codes.ts'
import { print } from './output.ts'
import type { EndpointClient } from './status-command.ts'
import { formatTable } from './table.ts'

interface JsonFlag {
  readonly json?: boolean
}

export async function listAlarms(client: Client, { json }: JsonFlag): Promise<void> {
  tell(await client.maintenance.alarms(), json, 'No alarm is on.')
}

/** All that are on. A member whose trouble is not over raises its alarm again within a second. */
export async function disarm(client: Client, { json }: JsonFlag): Promise<void> {
  const { maintenance } = client
  const lifted: AlarmMember[] = []
  for (const alarm of await maintenance.alarms()) lifted.push(...(await maintenance.disarm(alarm)))
  tell(lifted, json, 'No alarm was on.')
}

function tell(alarms: readonly AlarmMember[], json: boolean | undefined, none: string): void {
  const rows = alarms.map(({ memberId, alarm }) => [memberId.toString(16), alarmName(alarm)] as const)
  if (json) return print(JSON.stringify(rows.map(([memberId, alarm]) => ({ memberId, alarm }))))
  print(rows.length === 0 ? none : formatTable(['MEMBER', 'ALARM'], rows))
}

export async function compact(
  client: Client,
  revision: number,
  { physical, json }: JsonFlag & { readonly physical?: boolean },
): Promise<void> {
  const { header } = await client.compact(revision, { physical: physical === true })
  if (json) return print(JSON.stringify({ compactedRevision: revision, revision: header.revision }))
  print(`Compacted at revision ${revision}; the newest is ${header.revision}.`)
}

/** One node after the other: each goes on serving, and merges its files. Gives the exit status. */
export async function defragment(clients: readonly EndpointClient[], { json }: JsonFlag): Promise<number> {
  const outcomes: { readonly endpoint: string; readonly error?: string }[] = []
  for (const { endpoint, client } of clients) {
    outcomes.push({ endpoint, ...(await errorOf(() => client.maintenance.defragment())) })
  }
  if (json) print(JSON.stringify(outcomes))
  else {
    const rows = outcomes.map(({ endpoint, error }) => [
      endpoint,
      error === undefined ? 'done' : pc.red(error),
    ])
    print(formatTable(['ENDPOINT', 'FILES MERGED'], rows))
  }
  return outcomes.every(({ error }) => error === undefined) ? ExitCode.ok : ExitCode.failed
}

async function errorOf(run: () => Promise<void>): Promise<{ readonly error?: string }> {
  try {
    await run()
    return {}
  } catch (error) {
    return { error: (error as Error).message }
  }
}
