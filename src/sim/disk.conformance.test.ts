import { randomFromSeed } from '../core/prng.ts'
import { describeDisk } from '../runtime/disk.conformance.ts'
import { SimulatedClock } from './clock.ts'
import { SimulatedDisk } from './disk.ts'

describeDisk('the simulated disk', () => {
  const clock = new SimulatedClock()
  const disk = new SimulatedDisk({ clock, random: randomFromSeed(1) })
  disk.makeDirectory('directory')
  return {
    disk,
    directory: 'directory',
    async until(condition) {
      while (!condition() && clock.step());
    },
    close() {},
  }
})
