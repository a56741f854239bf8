import { expect } from 'vitest'
import type { Instant } from '../core/time.ts'
import { describeNetwork, type NetworkWorld } from '../runtime/network.conformance.ts'
import { NO_STREAM_FAULTS } from './network.ts'
import type { StreamFaults } from './stream.ts'
import { World } from './world.ts'

const HOUR_US = 3_600_000_000

function simulated(world: World, client: string, server: string): NetworkWorld {
  const nodes = new Map([...new Set([client, server])].map(name => [name, world.start(name)]))
  return {
    client: nodes.get(client)!.network,
    server: nodes.get(server)!.network,
    address: { host: server, port: 0 },
    until: async condition => {
      const limit = (world.clock.now() + HOUR_US) as Instant
      expect(world.clock.runUntilTrue(condition, limit), 'it happens within an hour').toBe(true)
    },
    close() {},
  }
}

const ROUGH: StreamFaults = { ...NO_STREAM_FAULTS, lossPerMillion: 100_000, splitPerMillion: 300_000 }

describeNetwork('the simulated network', () => simulated(new World({ seed: 1 }), 'client', 'server'))

describeNetwork('the simulated network of one host', () => simulated(new World({ seed: 2 }), 'same', 'same'))

for (let seed = 1; seed <= 5; seed++) {
  const name = `the simulated network with loss and splits, seed ${seed},`
  describeNetwork(name, () => simulated(new World({ seed, network: { faults: ROUGH } }), 'client', 'server'))
}
