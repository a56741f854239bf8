/**
 * Simple tokens: who logged in, until when. They are part of the replicated state, so that a token is good at every
 * member, and survives a restart, a snapshot and a change of leader (etcd keeps them in each member's memory). Only
 * their digests are here: neither the log nor a backup holds anything that could be used to log in.
 *
 * Their clock is that of leases, the cluster time. A token that is over is left until its user gets another one.
 */
import { EMPTY } from '../../../core/bytes.ts'
import type { Entry } from '../../../core/entry.ts'
import type { ClusterTime } from '../../../core/time.ts'
import type { StoreBatch } from '../../../runtime/store.ts'
import { tokenOf, userNames } from './auth-store.ts'
import { TOKENS_PER_USER_MAX, TOKENS_SWEPT_PER_TOKEN } from './limits.ts'
import {
  encodeToken,
  type TokenRecord,
  tokenKey,
  tokenOfUserKey,
  userTokenKey,
  userTokens,
} from './records.ts'
import type { NewToken } from './types.ts'

export function addToken(
  batch: StoreBatch,
  { user, digest, ttlSeconds }: NewToken,
  { time, index }: Pick<Entry, 'time' | 'index'>,
): void {
  sweepTokensOf(batch, user, time)
  const before = tokenOf(batch, digest)
  if (before !== undefined) remove(batch, before.user, before.overAt, digest)
  put(batch, digest, { user, overAt: overAtFrom(time, ttlSeconds), index })
}

/** One that is over, or was ended, stays so. */
export function renewToken(
  batch: StoreBatch,
  digest: Uint8Array,
  ttlSeconds: number,
  now: ClusterTime,
): void {
  const token = tokenOf(batch, digest)
  if (token === undefined || token.overAt <= now) return
  const overAt = overAtFrom(now, ttlSeconds)
  if (overAt <= token.overAt) return
  remove(batch, token.user, token.overAt, digest)
  put(batch, digest, { ...token, overAt })
}

export function endTokensOf(batch: StoreBatch, user: string): void {
  for (const { overAt, digest } of tokensOf(batch, user, TOKENS_PER_USER_MAX)) {
    remove(batch, user, overAt, digest)
  }
}

export function endAllTokens(batch: StoreBatch): void {
  for (const user of userNames(batch)) endTokensOf(batch, user)
}

/** Some of those that are over go, and if there are as many as there may be, the one that would be over first. */
function sweepTokensOf(batch: StoreBatch, user: string, now: ClusterTime): void {
  const isFull = batch.count(userTokens(user)) >= TOKENS_PER_USER_MAX
  for (const [i, { overAt, digest }] of tokensOf(batch, user, TOKENS_SWEPT_PER_TOKEN).entries()) {
    if (overAt <= now || (isFull && i === 0)) remove(batch, user, overAt, digest)
  }
}

/** Collected before the first is removed: writing ends a scan. */
function tokensOf(batch: StoreBatch, user: string, countMax: number) {
  const found: { overAt: ClusterTime; digest: Uint8Array }[] = []
  const cursor = batch.scan(userTokens(user))
  while (found.length < countMax && cursor.next()) found.push(tokenOfUserKey(user, cursor.key))
  return found
}

function put(batch: StoreBatch, digest: Uint8Array, token: TokenRecord): void {
  batch.put(tokenKey(digest), encodeToken(token), 'absent')
  batch.put(userTokenKey(token.user, token.overAt, digest), EMPTY, 'absent')
}

function remove(batch: StoreBatch, user: string, overAt: ClusterTime, digest: Uint8Array): void {
  batch.delete(tokenKey(digest), 'present')
  batch.delete(userTokenKey(user, overAt, digest), 'present')
}

function overAtFrom(now: ClusterTime, ttlSeconds: number): ClusterTime {
  return (now + ttlSeconds * 1000) as ClusterTime
}
