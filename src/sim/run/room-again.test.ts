import { expect, test } from 'vitest'
import type { BugName } from '../../core/seams.ts'
import { RecordedClient } from '../workloads/index.ts'
import { putOf } from '../workloads/requests.ts'
import { LOOK_TIMEOUT_MS, ROOM_AGAIN_MS_MAX } from './limits.ts'
import { makesRoomAgain } from './room-again.ts'
import { Trial } from './trial.ts'

const QUOTA_BYTES = 24 * 1024
const VALUE = 'x'.repeat(1_000)
/** More than fit. */
const PUTS = 40

/** Fills a store, and gives whether it takes a put once it was emptied. */
async function hasRoomAgain(bug?: BugName): Promise<boolean> {
  const config = { quotaBytes: QUOTA_BYTES }
  const trial = new Trial({ cluster: { seed: 1, config }, fragile: [], ...(bug && { bug }) }, {})
  const client = new RecordedClient(trial.stage, LOOK_TIMEOUT_MS)
  let hasRoom = false
  await trial.perform(async () => {
    trial.cluster.start()
    let last = ''
    const play = async (): Promise<void> => {
      for (let i = 0; i < PUTS; i++) last = (await client.ask(putOf(`key ${i}`, VALUE))).kind
      await makesRoomAgain(client)
      hasRoom = true
    }
    play().catch(error => trial.problems.crashed(error))
    await trial.until(() => hasRoom, ROOM_AGAIN_MS_MAX)
    expect(last).toBe('refused')
  })
  expect(trial.problems.verdict).toBe('good')
  return hasRoom
}

test('a full store that is emptied takes puts again', async () => {
  expect(await hasRoomAgain()).toBe(true)
})

test('one whose alarm is never lifted does not', async () => {
  expect(await hasRoomAgain('alarm-never-lifted')).toBe(false)
})
