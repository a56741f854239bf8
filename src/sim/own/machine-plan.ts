/** All that the run of a machine is made of, as plain data: the same plan gives the same run, to the last event. */
import { type Random, randomFromSeed } from '../../core/prng.ts'
import { drawSchedule } from '../faults/draw-schedule.ts'
import { drawSwarm } from '../faults/swarm.ts'
import { CLIENTS_MAX, CLIENTS_MIN, FAULTS_MS, WORKLOAD_SPAN_MS } from '../run/limits.ts'
import type { FaultPlan } from '../run/reduce-faults.ts'
import { drawPlace, drawTimeoutMs } from '../workloads/program.ts'
import { invalid } from './errors.ts'
import { jsonText } from './json-text.ts'
import { COMMAND_CHARACTERS_MAX } from './limits.ts'
import type { DrawnFor } from './machine-subject.ts'

/** One request of one client. */
export interface MachineStep {
  readonly client: number
  /**
   * Not before, in virtual milliseconds, and not before its client is done with those before. Once a majority is
   * healed, only the latter: what is left is asked at once.
   */
  readonly atMs: number
  /** As JSON. */
  readonly command: string
}

export interface MachinePlan extends FaultPlan {
  /** How long a client waits for an answer. */
  readonly timeoutMs: number
  /** A client does its own in their order. */
  readonly steps: readonly MachineStep[]
}

/** The streams of the seed of a run. */
interface Streams {
  readonly swarm: Random
  readonly faults: Random
  readonly load: Random
}

function streamsOf(seed: number): Streams {
  const random = randomFromSeed(seed)
  return { swarm: random.fork(), faults: random.fork(), load: random.fork() }
}

/** The faults of a seed. */
export function drawFaults(seed: number): FaultPlan {
  const { swarm: swarmRandom, faults } = streamsOf(seed)
  const swarm = drawSwarm(swarmRandom)
  return { seed, swarm, schedule: drawSchedule(swarm, faults, FAULTS_MS) }
}

/** Throws `QUORATE_SIMULATION_INVALID` if what is drawn is no command. */
export function drawMachinePlan(
  seed: number,
  requests: number,
  draw: (random: Random, by: DrawnFor) => unknown,
): MachinePlan {
  const { load } = streamsOf(seed)
  const clients = CLIENTS_MIN + load.below(CLIENTS_MAX - CLIENTS_MIN + 1)
  const timeoutMs = drawTimeoutMs(load)
  const [places, commands] = [load.fork(), load.fork()]
  const size = { clients, steps: requests, spanMs: WORKLOAD_SPAN_MS }
  const clocks = Array.from({ length: clients }, () => 0)
  const steps = Array.from({ length: requests }, (_, i): MachineStep => {
    const { client, afterMs } = drawPlace(places, size)
    // An instant and no pause: a request that is left out moves no other.
    const atMs = clocks[client]! + afterMs
    clocks[client] = atMs
    const command = jsonText(draw(commands.fork(), { client, id: `${i + 1}` }), 'a command')
    if (command.length > COMMAND_CHARACTERS_MAX) {
      throw invalid(`a command has ${command.length} characters, at most ${COMMAND_CHARACTERS_MAX}`)
    }
    return { client, atMs, command }
  })
  return { ...drawFaults(seed), timeoutMs, steps }
}
