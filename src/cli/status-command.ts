/** `quorate status`: what each endpoint says of itself, as a table. */

import type { Client } from '../client/client.ts'
import type { StatusResponse } from '../wire/etcd/maintenance.ts'
import { formatBytes } from './byte-units.ts'
import { colors as pc } from './colors.ts'
import { print } from './output.ts'
import { formatTable } from './table.ts'

export interface EndpointClient {
  readonly endpoint: string
  readonly client: Client
}

/** True if every endpoint answered and knows a leader. */
export async function status(clients: readonly EndpointClient[], json: boolean): Promise<boolean> {
  const answers = await Promise.all(clients.map(ask))
  if (json) print(JSON.stringify(answers.map(toJson)))
  else {
    const header = [
      'ENDPOINT',
      'MEMBER',
      'VERSION',
      'DB SIZE',
      'ROLE',
      'CONSENSUS',
      'TERM',
      'INDEX',
      'APPLIED',
      'ERRORS',
    ]
    print(formatTable(header, answers.map(toRow)))
  }
  return answers.every(answer => answer.status !== undefined && answer.status.leader !== 0n)
}

interface Answer {
  readonly endpoint: string
  readonly status?: StatusResponse
  readonly error?: string
}

async function ask({ endpoint, client }: EndpointClient): Promise<Answer> {
  try {
    return { endpoint, status: await client.status({ timeoutMs: 3_000 }) }
  } catch (error) {
    return { endpoint, error: (error as Error).message }
  }
}

function toRow({ endpoint, status, error }: Answer): string[] {
  if (status === undefined) return [endpoint, '-', '-', '-', '-', '-', '-', '-', '-', pc.red(error ?? '')]
  const { header, version, dbSize, raftTerm, raftIndex, raftAppliedIndex, errors, consensus } = status
  const id = header.memberId.toString(16)
  const numbers = [raftTerm, raftIndex, raftAppliedIndex].map(String)
  return [
    endpoint,
    id,
    version,
    formatBytes(dbSize),
    roleOf(status),
    consensus || '-',
    ...numbers,
    errors.join('; '),
  ]
}

function toJson({ endpoint, status, error }: Answer): Record<string, unknown> {
  if (status === undefined) return { endpoint, error }
  const { header, version, dbSize, leader, raftTerm, raftIndex, raftAppliedIndex, errors, consensus } = status
  return {
    endpoint,
    memberId: header.memberId.toString(16),
    clusterId: header.clusterId.toString(16),
    leader: leader.toString(16),
    role: roleOf(status),
    consensus,
    version,
    dbSizeBytes: dbSize,
    dbSizeInUseBytes: status.dbSizeInUse,
    dbSizeQuotaBytes: status.dbSizeQuota,
    revision: header.revision,
    raftTerm,
    raftIndex,
    raftAppliedIndex,
    errors,
  }
}

function roleOf(status: StatusResponse): string {
  if (status.isLearner) return 'learner'
  return status.leader === status.header.memberId ? 'leader' : 'follower'
}
