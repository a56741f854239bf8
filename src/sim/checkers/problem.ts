/** Something that cannot be, and the operations that show it. Thrown inside the checkers; never leaves them. */
import type { StoreOperation } from './history.ts'

export class Problem extends Error {
  override readonly name = 'Problem'
  readonly operations: readonly StoreOperation[]

  /** @param operations those that contradict each other, or that contradict what all others say. */
  constructor(message: string, operations: readonly StoreOperation[]) {
    super(message)
    this.operations = operations
  }
}
