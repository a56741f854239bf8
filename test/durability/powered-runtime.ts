/** The real clock and the real network, for as long as a machine has power, with a disk of its own. */
import type { Clock } from '../../src/runtime/clock.ts'
import type { Disk } from '../../src/runtime/disk.ts'
import { inlineJobs, type JobWorld } from '../../src/runtime/jobs.ts'
import type { Logger } from '../../src/runtime/logger.ts'
import type { Connection, ConnectionHandlers, Network } from '../../src/runtime/network.ts'
import { nodeRuntime } from '../../src/runtime/node/index.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { type Power, PowerOff } from './power.ts'

export function poweredRuntime(power: Power, disk: Disk, log: Logger): Runtime {
  const real = nodeRuntime({ log })
  const world: JobWorld = {
    clock: poweredClock(power, real.clock),
    disk,
    checksum: real.checksum,
    halt(reason) {
      power.fail(reason)
      throw new PowerOff('halted')
    },
  }
  return { ...real, ...world, network: poweredNetwork(power, real.network), jobs: inlineJobs(world) }
}

function poweredClock(power: Power, real: Clock): Clock {
  return {
    now: () => real.now(),
    wallMs: () => real.wallMs(),
    timer(fire) {
      power.require()
      const timer = real.timer(() => power.run(fire))
      power.onCut(() => timer.clear())
      return {
        set(at) {
          power.require()
          timer.set(at)
        },
        clear: () => timer.clear(),
      }
    },
    soon(run) {
      power.require()
      real.soon(() => power.run(run))
    },
    nextTurn(run) {
      power.require()
      real.nextTurn(() => power.run(run))
    },
  }
}

function poweredNetwork(power: Power, real: Network): Network {
  /** What was handed to a connection and has not left it yet is lost with `destroy`. */
  const wired = (connection: Connection, handlers: ConnectionHandlers): ConnectionHandlers => {
    const unplug = power.onCut(() => connection.destroy())
    return {
      received: bytes => power.run(() => handlers.received(bytes)),
      drained: () => power.run(() => handlers.drained()),
      closed(error) {
        unplug()
        power.run(() => handlers.closed(error))
      },
    }
  }
  return {
    listen(address, accept, listening) {
      power.require()
      const accepted = (connection: Connection): ConnectionHandlers => {
        let handlers: ConnectionHandlers | undefined
        power.run(() => {
          handlers = accept(connection)
        })
        if (handlers !== undefined && power.on) return wired(connection, handlers)
        connection.destroy()
        return { received() {}, drained() {}, closed() {} }
      }
      const listener = real.listen(address, accepted, error => power.run(() => listening(error)))
      power.onCut(() => listener.close())
      return listener
    },
    connect(address, handlers) {
      power.require()
      // The handlers are needed to connect, and the connection to wire them: nothing comes before it is there.
      let inner: ConnectionHandlers | undefined
      const connection = real.connect(address, {
        opened: () => power.run(() => handlers.opened()),
        received: bytes => inner?.received(bytes),
        drained: () => inner?.drained(),
        closed: error => inner?.closed(error),
      })
      inner = wired(connection, handlers)
      return connection
    },
  }
}
