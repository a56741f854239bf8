/** A store that holds nothing, on a disk in memory. */
import { crc32c } from '../core/crc32c.ts'
import { randomFromSeed } from '../core/prng.ts'
import { silentLogger } from '../runtime/logger.ts'
import type { Store } from '../runtime/store.ts'
import type { SimulatedClock } from '../sim/clock.ts'
import { SimulatedDisk } from '../sim/disk.ts'
import { openStore } from '../storage/store/open-store.ts'

/** Lets the world go on until it is open. */
export function emptyStore(world: SimulatedClock): { store: Store; disk: SimulatedDisk } {
  const clock = world.node()
  const disk = new SimulatedDisk({ clock, random: randomFromSeed(2) })
  const options = { disk, clock, checksum: crc32c, directory: 'store', logger: silentLogger, halt }
  let store: Store | undefined
  openStore(options, outcome => {
    if (outcome instanceof Error) throw outcome
    store = outcome
  })
  while (store === undefined) world.step()
  return { store, disk }
}

function halt(reason: Error): never {
  throw reason
}
