/** A member that hosts a user's machine: the production composition, with another machine and another port. */
import type { GroupId } from '../../core/ids.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import type { StoreView } from '../../runtime/store.ts'
import type { NodeConfig } from '../../server/config.ts'
import { opened } from '../../server/listen.ts'
import { addressOf } from '../../server/node-url.ts'
import { type NodeTuning, openReplicaHost, type ReplicaHost } from '../../server/replica-host.ts'
import type { MemberNode } from '../cluster/member.ts'
import type { HostedMachine } from './hosted-machine.ts'
import { MachinePort } from './machine-port.ts'
import type { MachineAnswer } from './machine-request.ts'

const MACHINE_GROUP = 1 as GroupId

/** Resolves once it listens. Throws errors with codes. */
export async function startMachineNode(
  runtime: Runtime,
  config: NodeConfig,
  tuning: NodeTuning,
  machine: HostedMachine,
): Promise<MachineNode> {
  const host = await openReplicaHost(runtime, config, { group: MACHINE_GROUP, machine }, tuning)
  await host.listen()
  const requestTimeoutMs = 5_000 + 2 * config.electionTimeoutMs
  const port = new MachinePort({ runtime, replica: host.group, machine, requestTimeoutMs })
  for (const url of config.listenClientUrls) {
    await opened(url, done => port.listen(addressOf(url), done))
  }
  return new MachineNode(host, port)
}

export class MachineNode implements MemberNode {
  readonly #host: ReplicaHost<MachineAnswer>
  readonly #port: MachinePort

  constructor(host: ReplicaHost<MachineAnswer>, port: MachinePort) {
    this.#host = host
    this.#port = port
  }

  get leads(): boolean {
    return this.#host.leads
  }

  /** Hands leadership over, answers everyone, closes the files. */
  async stop(): Promise<void> {
    await this.#host.handOver()
    this.#port.stop()
    await this.#host.stop()
  }

  /** The last entry of the log that is in its state. */
  get appliedIndex(): number {
    return this.#host.group.status().appliedIndex
  }

  /** What it holds now. */
  get view(): StoreView {
    return this.#host.group.view
  }
}
