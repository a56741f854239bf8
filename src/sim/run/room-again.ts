/** Whether a store that was emptied takes puts again: what has no room for long must not refuse for ever. */
import { ALL_KEYS, type RecordedClient } from '../workloads/index.ts'
import { putOf } from '../workloads/requests.ts'
import { LOOK_AGAIN_MS } from './limits.ts'

/** Deletes and compacts everything, and then puts something; again, until a healed cluster has taken the put. */
export async function makesRoomAgain(client: RecordedClient): Promise<void> {
  for (;;) {
    const deleted = await client.ask({ kind: 'deleteRange', deleteRange: { ...ALL_KEYS, prevKv: false } })
    if (deleted.kind === 'done') {
      const { revision } = deleted.response.deleteRange.header
      await client.ask({ kind: 'compact', compact: { revision, physical: false } })
      const taken = await client.ask(putOf('room again', ''))
      if (taken.kind === 'done') return
    }
    await client.pause(LOOK_AGAIN_MS)
  }
}
