/**
 * Somebody who fills the store until there is no room left, and makes room again as operators do: deletes, compacts,
 * and has files merged. Between the two the others' puts are refused, and afterwards no longer.
 */
import { ClientError } from '../../client/errors.ts'
import type { Random } from '../../core/prng.ts'
import { utf8Bytes } from '../../core/utf8.ts'
import { MEMBERS_MAX } from './limits.ts'
import { makeRoom } from './make-room.ts'
import type { RoomTask } from './plan.ts'
import { drawPlan, runProgram } from './program.ts'
import { RecordedClient } from './recorded-client.ts'
import { putOf } from './requests.ts'
import type { Stage, Workload } from './workload.ts'

const PUTS_MAX = 8
const VALUE_BYTES_MAX = 8 * 1024
/** The keys of this program. */
const SPAN = { key: utf8Bytes('room/'), rangeEnd: utf8Bytes('room0') }

export const room: Workload = {
  plan: (random, size) => drawPlan('room', random, size, () => ({ kind: 'room', room: drawTask(random) })),
  start(stage, plan) {
    const program = new RoomProgram(stage, plan.timeoutMs)
    return runProgram(
      stage,
      plan,
      () => async (client, task) => {
        if (task.kind === 'room') await program.perform(client, task.room)
      },
      // What was put is judged by the model of the store; whether there is room in the end is asked in every run.
      () => [],
    )
  },
}

function drawTask(random: Random): RoomTask {
  return {
    puts: random.below(PUTS_MAX),
    valueBytes: 1 + random.below(VALUE_BYTES_MAX),
    makesRoom: random.chance(1, 2),
    defragments: random.below(2 * MEMBERS_MAX) - MEMBERS_MAX,
  }
}

class RoomProgram {
  readonly #stage: Stage
  readonly #timeoutMs: number
  /** Each knows one member alone. */
  readonly #clients = new Map<string, RecordedClient>()
  #puts = 0

  constructor(stage: Stage, timeoutMs: number) {
    this.#stage = stage
    this.#timeoutMs = timeoutMs
  }

  async perform(client: RecordedClient, { puts, valueBytes, makesRoom, defragments }: RoomTask) {
    for (let i = 0; i < puts; i++) {
      const value = `${++this.#puts}`.padEnd(valueBytes, '.')
      await client.ask(putOf(`room/${i}`, value))
    }
    if (!makesRoom) return
    await makeRoom(client, SPAN)
    if (defragments >= 0) await this.#defragment(defragments)
  }

  async #defragment(member: number): Promise<void> {
    const { names } = this.#stage.cluster
    const name = names[member % names.length]!
    const known = this.#clients.get(name)
    const client = known ?? new RecordedClient(this.#stage, this.#timeoutMs, { members: [name] })
    this.#clients.set(name, client)
    try {
      await client.unrecorded.maintenance.defragment({ timeoutMs: this.#timeoutMs })
    } catch (error) {
      if (!(error instanceof ClientError)) throw error
      this.#stage.failed(error)
    }
  }
}
