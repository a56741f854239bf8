/** The end of a process in the middle of a call: thrown through it by its disk, so that nothing of it runs on. */

/** The process is killed, or its machine loses power. */
export type DeathCause = 'kill' | 'losePower'

/** Not an error of the process: nobody but the simulator catches it on purpose. */
export class SuddenDeath extends Error {
  override readonly name = 'SuddenDeath'
  readonly how: DeathCause

  constructor(how: DeathCause) {
    super(
      how === 'kill'
        ? 'the process is killed in the middle of a call'
        : 'the power fails in the middle of a call',
    )
    this.how = how
  }
}
