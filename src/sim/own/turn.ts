/** Between two runs, when no simulated world is there, the process gets to what else it has to do. */

/** As it was when this was loaded: tests put clocks of their own in its place. */
const later = setImmediate

/** Resolves once timers, sockets and whoever else waited have had their turn. */
export function turn(): Promise<void> {
  return new Promise(resolve => later(resolve))
}
