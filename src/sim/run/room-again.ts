/** Whether a store that was emptied takes puts again: what has no room for long must not refuse for ever. */
import { ALL_KEYS, type RecordedClient } from '../workloads/index.ts'
import { makeRoom } from '../workloads/make-room.ts'
import { putOf } from '../workloads/requests.ts'
import { LOOK_AGAIN_MS } from './limits.ts'

/** Deletes and compacts everything, and then puts something; again, until a healed cluster has taken the put. */
export async function makesRoomAgain(client: RecordedClient): Promise<void> {
  for (;;) {
    if (await makeRoom(client, ALL_KEYS)) {
      const taken = await client.ask(putOf('room again', ''))
      if (taken.kind === 'done') return
    }
    await client.pause(LOOK_AGAIN_MS)
  }
}
