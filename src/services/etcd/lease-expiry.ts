/**
 * Ends leases that are over. While its node leads, it looks now and then for those whose time has come and proposes
 * their end; the machine looks again, by the time of the entry, so that nothing ends too early whatever is proposed
 * here, and by whom.
 *
 * It also keeps the time. The cluster's time is that of its newest entry; in a cluster that writes nothing, the next
 * leader would begin with an old one, and every lease would live longer by the difference. So as long as there are
 * leases, no second passes without an entry.
 */
import { addMs, type Instant, NEVER } from '../../core/time.ts'
import { encodeCommand } from '../../machines/kv/command-codec.ts'
import { countAttached, LeaseCursor } from '../../machines/kv/leases.ts'
import type { KvResult } from '../../machines/kv/types.ts'
import type { Replica } from '../../replication/replica.ts'
import type { Clock, Timer } from '../../runtime/clock.ts'
import { EXPIRY_INTERVAL_MS, EXPIRY_ROWS_MAX, EXPIRY_ROWS_PER_LOOK_MAX, EXPIRY_TIMEOUT_MS } from './limits.ts'

export class LeaseExpiry {
  readonly #replica: Replica<KvResult>
  readonly #clock: Clock
  readonly #timer: Timer
  #leads = false
  /** One proposal at a time. */
  #isUnderWay = false
  /** How many leases and keys may end before the next look. */
  #rowsLeft = 0
  /** What was applied at the last look. */
  #appliedIndex = 0

  constructor(replica: Replica<KvResult>, clock: Clock) {
    this.#replica = replica
    this.#clock = clock
    this.#timer = clock.timer(() => this.#look())
  }

  /** To be called when this node may have begun or ceased to lead. */
  roleChanged(): void {
    const leads = this.#replica.status().role === 'leader'
    if (leads === this.#leads) return
    this.#leads = leads
    this.#timer.set(leads ? this.#nextLook() : NEVER)
  }

  stop(): void {
    this.#leads = false
    this.#timer.clear()
  }

  #nextLook(): Instant {
    return addMs(this.#clock.now(), EXPIRY_INTERVAL_MS)
  }

  #look(): void {
    this.#timer.set(this.#nextLook())
    this.#rowsLeft = EXPIRY_ROWS_PER_LOOK_MAX
    const { appliedIndex } = this.#replica.status()
    const isIdle = appliedIndex === this.#appliedIndex
    this.#appliedIndex = appliedIndex
    if (this.#isUnderWay) return
    const cursor = new LeaseCursor(this.#replica.view)
    if (!cursor.next()) return
    if (cursor.overAt <= this.#replica.clusterTime()) this.#endSome()
    else if (isIdle) this.#propose([])
  }

  /** As many as one command may end; when they have, the next. */
  #endSome(): void {
    const { ids, rows } = this.#due()
    if (ids.length === 0 || this.#rowsLeft <= 0) return
    this.#rowsLeft -= rows
    this.#propose(ids)
  }

  #due(): { ids: bigint[]; rows: number } {
    const { view } = this.#replica
    const now = this.#replica.clusterTime()
    const cursor = new LeaseCursor(view)
    const ids: bigint[] = []
    let rows = 0
    while (cursor.next() && cursor.overAt <= now) {
      const { id } = cursor
      const more = 1 + countAttached(view, id)
      if (ids.length > 0 && rows + more > EXPIRY_ROWS_MAX) break
      ids.push(id)
      rows += more
    }
    return { ids, rows }
  }

  /** What failed, or was renewed meanwhile, is looked at again the next time. */
  #propose(ids: readonly bigint[]): void {
    this.#isUnderWay = true
    const command = encodeCommand({ kind: 'leaseExpire', leaseExpire: { ids } })
    this.#replica.proposeOwn(command, addMs(this.#clock.now(), EXPIRY_TIMEOUT_MS), outcome => {
      this.#isUnderWay = false
      if (outcome.kind === 'failed' || outcome.result.kind !== 'leaseExpire') return
      if (this.#leads && outcome.result.leaseExpire.revoked.length > 0) this.#endSome()
    })
  }
}
