import { expect, test } from 'vitest'
import type { MessageStream } from '../../client/message-stream.ts'
import { responseIdentity } from '../../wire/etcd/header.ts'
import { ProtobufWriter } from '../../wire/etcd/protobuf-writer.ts'
import { WATCH_CREATE_DEFAULTS } from '../../wire/etcd/watch-request.ts'
import {
  WATCH_RESPONSE_DEFAULTS,
  type WatchResponseHead,
  writeWatchResponseHead,
} from '../../wire/etcd/watch-response.ts'
import { EVERY_WATCH } from '../checkers/watch-record.ts'
import { SharedStream } from './shared-stream.ts'
import { WatchNotebook } from './watch-notebook.ts'

/** A stream with so many watches, of which a member says this, and then no more. */
async function heard(
  watches: number,
  said: readonly (Partial<WatchResponseHead> & { readonly revision: number })[],
  isBroken = false,
): Promise<SharedStream> {
  const waiting: (Uint8Array | null)[] = said.map(({ revision, ...head }) => {
    const writer = new ProtobufWriter()
    const header = { identity: responseIdentity(1n, 1n), revision, raftTerm: 1 }
    writeWatchResponseHead(writer, header, { ...WATCH_RESPONSE_DEFAULTS, ...head })
    return writer.written().slice()
  })
  if (isBroken) waiting.push(null)
  const silent: MessageStream = {
    send: () => true,
    drained: () => Promise.resolve(),
    next: () => (waiting.length > 0 ? Promise.resolve(waiting.shift()!) : new Promise(() => {})),
    halfClose() {},
    cancel() {},
    ended: new Promise(() => {}),
  }
  const stream = new SharedStream(new WatchNotebook(() => 0).stream(), silent)
  for (let i = 0; i < watches; i++) stream.ask({ kind: 'create', create: WATCH_CREATE_DEFAULTS })
  void stream.read(() => Promise.resolve())
  // Whatever was said is read behind a few promises.
  for (let tick = 0; tick < 100; tick++) await undefined
  return stream
}

const atOnce = (): Promise<void> => Promise.resolve()

test('a stream is told of a revision once all of its watches are', async () => {
  const progress = { watchId: EVERY_WATCH, revision: 7 }
  expect(await (await heard(2, [progress])).isToldOf(7, atOnce)).toBe('yes')
  expect(await (await heard(2, [progress])).isToldOf(8, atOnce)).toBe('no')
})

test('what one watch is told says nothing of the others', async () => {
  expect(await (await heard(2, [{ watchId: 1n, revision: 9 }])).isToldOf(7, atOnce)).toBe('no')
})

test('a stream that is over, or has no watch left, is told of nothing', async () => {
  const ended = { watchId: 0n, canceled: true, revision: 3 }
  expect(await (await heard(1, [ended])).isToldOf(7, atOnce)).toBe('unasked')
  expect(await (await heard(1, [], true)).isToldOf(7, atOnce)).toBe('unasked')
})
