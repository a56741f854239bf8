import { expect, test } from 'vitest'
import { QuorateError } from '../core/errors.ts'
import { GREETINGS_MAX } from '../replication/peers/limits.ts'
import { CONNECTIONS_MAX, CONNECTIONS_MIN, FILES_RESERVE_MIN } from './limits.ts'
import { clientConnectionsMax, OpenFilesErrors } from './open-files.ts'

test('clients get what the files, the peers and the strangers at the peer port leave', () => {
  const alone = 250 - FILES_RESERVE_MIN - GREETINGS_MAX
  expect(clientConnectionsMax(250, 0)).toBe(alone)
  // Three lanes each way.
  expect(clientConnectionsMax(250, 2)).toBe(alone - 12)
})

test('of a high limit an eighth is for files, which a long log needs', () => {
  expect(clientConnectionsMax(8_000, 0)).toBe(7_000 - GREETINGS_MAX)
})

test('clients never get more than CONNECTIONS_MAX, with or without a limit', () => {
  expect(clientConnectionsMax(1_048_576, 2)).toBe(CONNECTIONS_MAX)
  expect(clientConnectionsMax(undefined, 2)).toBe(CONNECTIONS_MAX)
})

test('a limit that leaves too few connections is refused, with the one that is needed', () => {
  const needed = FILES_RESERVE_MIN + GREETINGS_MAX + 12 + CONNECTIONS_MIN
  expect(clientConnectionsMax(needed, 2)).toBe(CONNECTIONS_MIN)
  const refused = (): number => clientConnectionsMax(needed - 1, 2)
  expect(refused).toThrow(QuorateError)
  expect(refused).toThrow(expect.objectContaining({ code: OpenFilesErrors.tooFew, outcome: 'refused' }))
  expect(refused).toThrow(`needs ${needed}`)
})
