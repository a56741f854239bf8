/**
 * Raises the version of the cluster, on whoever leads, once every member understands a later one: each has told its
 * own when it last greeted this node. Whoever was never heard of holds it back; it never goes down.
 */
import type { NodeId } from '../../core/ids.ts'
import { NODE_VERSION } from '../../core/node-version.ts'
import { addMs } from '../../core/time.ts'
import { clusterVersion } from '../../machines/kv/cluster-version.ts'
import { encodeCommand } from '../../machines/kv/command-codec.ts'
import type { Timer } from '../../runtime/clock.ts'
import { VERSION_LOOK_MS, VERSION_TIMEOUT_MS } from './limits.ts'
import type { EtcdOptions } from './options.ts'

export class VersionKeeper {
  readonly #options: EtcdOptions
  /** What this member understands. */
  readonly #own: number
  readonly #timer: Timer
  readonly #forgetRole: () => void

  constructor(options: EtcdOptions) {
    this.#options = options
    this.#own = options.version ?? NODE_VERSION
    this.#timer = options.clock.timer(() => this.#look())
    this.#forgetRole = options.replica.onRole(() => this.#look())
    this.#look()
  }

  stop(): void {
    this.#forgetRole()
    this.#timer.clear()
  }

  #look(): void {
    const { replica, clock } = this.#options
    this.#timer.clear()
    const present = clusterVersion(replica.view, this.#own)
    // It never goes down again.
    if (present === this.#own) return this.#forgetRole()
    if (replica.status().role !== 'leader') return
    this.#timer.set(addMs(clock.now(), VERSION_LOOK_MS))
    const version = this.#understoodByAll()
    if (version === undefined || version <= present) return
    const command = encodeCommand({ kind: 'clusterVersion', clusterVersion: { version } })
    // What failed is seen at the next look.
    replica.proposeOwn(command, addMs(clock.now(), VERSION_TIMEOUT_MS), () => {})
  }

  /** Undefined while any member has not said what it understands. */
  #understoodByAll(): number | undefined {
    const { replica, memberId, versionOf } = this.#options
    const { voters, learners } = replica.configuration.membership
    let lowest = this.#own
    for (const id of [...voters, ...learners]) {
      if (id === (memberId as NodeId)) continue
      const version = versionOf?.(id)
      if (version === undefined) return undefined
      lowest = Math.min(lowest, version)
    }
    return lowest
  }
}
