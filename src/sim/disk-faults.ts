/**
 * What a simulated disk does wrong on demand (the classes D4-D11 of the fault list; D1-D3 and D12 are what a
 * crash does by itself). A switch for "the next one" is used up by the first operation that it fits.
 */

export type FaultyOperation = 'read' | 'write' | 'sync' | 'syncDirectory'

interface ArmedFault<Kind> {
  readonly kind: Kind
  readonly path: WhichFile | undefined
}

/** A file by its path, or all those that a question picks; absent: any. */
export type WhichFile = string | ((path: string) => boolean)

type WriteFault =
  | { readonly what: 'lost'; readonly sector: number | undefined }
  | { readonly what: 'misdirected'; readonly byBytes: number }

export class DiskFaults {
  /** Syncs report success and make nothing durable. For showing that a test would notice. */
  lyingSync = false
  /** Added to every operation that calls back: a slow disk. */
  extraLatencyUs = 0
  /** How many bytes of files fit; what does not fit is refused as `full`. */
  capacityBytes = Number.POSITIVE_INFINITY
  #failures: ArmedFault<FaultyOperation>[] = []
  #writeFaults: ArmedFault<WriteFault>[] = []

  /** The next such operation fails with an I/O error. After a failed sync its pages look clean (D4, D5). */
  failNext(operation: FaultyOperation, path?: WhichFile): void {
    this.#failures.push({ kind: operation, path })
  }

  /** The next write reports success, but one of its sectors, or all of it, never arrives (D9). */
  loseNextWrite(path?: WhichFile, sector?: number): void {
    this.#writeFaults.push({ kind: { what: 'lost', sector }, path })
  }

  /** The next write reports success and lands elsewhere in the file (D8). */
  misdirectNextWrite(byBytes: number, path?: WhichFile): void {
    this.#writeFaults.push({ kind: { what: 'misdirected', byBytes }, path })
  }

  /** Disarms everything. */
  heal(): void {
    this.lyingSync = false
    this.extraLatencyUs = 0
    this.capacityBytes = Number.POSITIVE_INFINITY
    this.#failures = []
    this.#writeFaults = []
  }

  /** Whether this operation fails now; for the disk. */
  takeFailure(operation: FaultyOperation, path: string): boolean {
    const found = this.#failures.findIndex(armed => armed.kind === operation && fits(armed, path))
    if (found < 0) return false
    this.#failures.splice(found, 1)
    return true
  }

  /** What becomes of this write; for the disk. */
  takeWriteFault(path: string): WriteFault | undefined {
    const found = this.#writeFaults.findIndex(armed => fits(armed, path))
    return found < 0 ? undefined : this.#writeFaults.splice(found, 1)[0]!.kind
  }
}

function fits(armed: ArmedFault<unknown>, path: string): boolean {
  return typeof armed.path === 'function' ? armed.path(path) : (armed.path ?? path) === path
}
