/** How room is made in a store that is full, as etcd's guide has it: delete, then forget what was deleted. */
import type { DeleteRangeRequest } from '../checkers/history.ts'
import type { RecordedClient } from './recorded-client.ts'

/** Deletes the span and compacts up to there; whether it was deleted. */
export async function makeRoom(
  client: RecordedClient,
  span: Pick<DeleteRangeRequest, 'key' | 'rangeEnd'>,
): Promise<boolean> {
  const deleted = await client.ask({ kind: 'deleteRange', deleteRange: { ...span, prevKv: false } })
  if (deleted.kind !== 'done') return false
  const { revision } = deleted.response.deleteRange.header
  await client.ask({ kind: 'compact', compact: { revision, physical: false } })
  return true
}
