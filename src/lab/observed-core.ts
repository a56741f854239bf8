/** A core that is watched: after every step whoever watches is told how the node describes itself. */
import type { NodeId } from '../core/ids.ts'
import type { Core } from '../core/sans-io.ts'
import type { Consensus } from '../protocols/consensus.ts'

/** Told after every step. */
export type Watcher = (id: NodeId, state: string) => void

export function observed<Input, Effect>(
  id: NodeId,
  core: Core<Input, Effect>,
  watcher: Watcher,
): Core<Input, Effect> {
  return {
    step(now, inputs, out) {
      core.step(now, inputs, out)
      watcher(id, core.describe())
    },
    deadline: () => core.deadline(),
    check: () => core.check(),
    describe: () => core.describe(),
  }
}

/** The same for a core of consensus, whose effects are shown too: that is how its decisions become known. */
export function observedConsensus<Message>(
  id: NodeId,
  core: Consensus<Message>,
  watcher: Watcher,
  onEffects: (id: NodeId, effects: Parameters<Consensus<Message>['step']>[2]) => void,
): Consensus<Message> {
  return {
    step(now, inputs, out) {
      const before = out.length
      core.step(now, inputs, out)
      onEffects(id, out.slice(before))
      watcher(id, core.describe())
    },
    deadline: () => core.deadline(),
    check: () => core.check(),
    describe: () => core.describe(),
    status: () => core.status(),
    ...(core.gauges && { gauges: () => core.gauges!() }),
  }
}
