/** Do members hold the same? Asked of each of them alone, so that nobody answers for another. */
import type { RecordedClient } from '../workloads/index.ts'
import { PAST_REVISIONS } from './limits.ts'
import type { Agreement } from './phases.ts'
import { contentOf, differenceOf, fingerprintOf } from './replica-contents.ts'

/** Of the past it may be that one has yet to compact what others have compacted. */
export type StoreAgreement =
  | { readonly kind: 'agreed'; readonly revision: number }
  | Exclude<Agreement, { kind: 'agreed' }>

/** @param clients one for each member, that knows no other. */
export async function compareReplicas(clients: ReadonlyMap<string, RecordedClient>): Promise<StoreAgreement> {
  const newest = await readAll(clients, 0)
  if (newest.kind !== 'agreed') return newest
  const { revision } = newest
  for (let i = 1; i <= PAST_REVISIONS; i++) {
    const past = Math.floor((revision * i) / (PAST_REVISIONS + 1))
    if (past < 1) continue
    const compared = await readAll(clients, past)
    if (compared.kind !== 'agreed') return compared
  }
  return newest
}

async function readAll(
  clients: ReadonlyMap<string, RecordedClient>,
  revision: number,
): Promise<StoreAgreement> {
  const contents = await Promise.all(
    [...clients].map(async ([name, client]) => ({ name, content: await contentOf(client, revision) })),
  )
  const [first, ...others] = contents
  if (first === undefined) return { kind: 'agreed', revision: 0 }
  const silent = contents.find(({ content }) => content === undefined)
  if (silent !== undefined) return { kind: 'apart', why: `${silent.name} does not answer` }
  const known = first.content!
  const revisionNow = known === 'compacted' ? 0 : known.header.revision
  for (const { name, content } of others) {
    const theirs = content!
    const where = revision === 0 ? '' : ` of revision ${revision}`
    if (known !== 'compacted' && theirs !== 'compacted' && theirs.header.revision !== revisionNow) {
      const both = `${first.name} is at revision ${revisionNow}, ${name} at ${theirs.header.revision}`
      return { kind: 'apart', why: both }
    }
    if (fingerprintOf(known) !== fingerprintOf(theirs)) {
      const why = `${first.name} and ${name} do not hold the same${where}: ${differenceOf(known, theirs)}`
      return { kind: 'differ', why }
    }
  }
  return { kind: 'agreed', revision: revisionNow }
}
