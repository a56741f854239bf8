/** What members hold, as each of them says by itself: the newest state, and states of the past. */
import { RANGE_DEFAULTS } from '../../wire/etcd/range.ts'
import type { KeyValue, RangeResponse } from '../checkers/history.ts'
import { jsonKeyValue } from '../checkers/history-codec.ts'
import { encodeLine, jsonList } from '../checkers/json-codec.ts'
import { ALL_KEYS, type RecordedClient } from '../workloads/index.ts'

const jsonContent = jsonList(jsonKeyValue)

/** Of one revision: it may be gone. */
export type Content = RangeResponse | 'compacted'

/**
 * All keys of one member, without asking a quorum; undefined if it does not answer.
 *
 * @param revision 0: the newest.
 */
export async function contentOf(client: RecordedClient, revision: number): Promise<Content | undefined> {
  const answer = await client.ask({
    kind: 'range',
    range: { ...RANGE_DEFAULTS, ...ALL_KEYS, serializable: true, revision },
  })
  if (answer.kind === 'done') return answer.response.range
  return answer.kind === 'refused' && answer.reason === 'compacted' ? 'compacted' : undefined
}

/** Equal for equal contents: keys, values, revisions, versions and leases. */
export function fingerprintOf(content: Content): string {
  return content === 'compacted' ? content : encodeLine(jsonContent, content.kvs)
}

/** What two members do not have in common, in a sentence. */
export function differenceOf(one: Content, other: Content): string {
  if (one === 'compacted' || other === 'compacted') return 'one has it compacted, the other has not'
  const line = (pair: KeyValue): string => encodeLine(jsonKeyValue, pair)
  const theirs = new Set(other.kvs.map(line))
  const only = one.kvs.find(pair => !theirs.has(line(pair)))
  const ours = new Set(one.kvs.map(line))
  const odd = only ?? other.kvs.find(pair => !ours.has(line(pair)))
  return odd === undefined ? 'their order' : `one has ${line(odd)}, the other does not`
}
