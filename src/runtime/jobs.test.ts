import { crc32c } from '../core/crc32c.ts'
import { randomFromSeed } from '../core/prng.ts'
import { SimulatedClock } from '../sim/clock.ts'
import { SimulatedDisk } from '../sim/disk.ts'
import { describeJobs } from './jobs.conformance.ts'
import { inlineJobs } from './jobs.ts'

describeJobs("turns of the caller's own", () => {
  const clock = new SimulatedClock()
  const disk = new SimulatedDisk({ clock, random: randomFromSeed(1) })
  const halts: Error[] = []
  const halt = (reason: Error): never => {
    halts.push(reason)
    throw reason
  }
  disk.makeDirectory('directory')
  const step = (): boolean => {
    try {
      return clock.step()
    } catch (error) {
      // As a process that nobody keeps from it.
      if (!halts.includes(error as Error)) halts.push(error as Error)
      return true
    }
  }
  return {
    jobs: inlineJobs({ clock, disk, checksum: crc32c, halt }),
    disk,
    directory: 'directory',
    halts,
    async until(condition) {
      while (!condition() && step());
    },
    close() {},
  }
})
