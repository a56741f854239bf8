/**
 * What a simulated disk does wrong on demand (the classes D4-D11 of the fault list; D1-D3 and D12 are what a
 * crash does by itself). A switch for "the next one" is used up by the first operation that it fits.
 */

export type FaultyOperation = 'read' | 'write' | 'sync' | 'syncDirectory'

/** Something that went wrong on a disk, when it did. The last four are what a loss of power leaves. */
export type DiskFaultEvent =
  | 'failedRead'
  | 'failedWrite'
  | 'shortWrite'
  | 'failedSync'
  | 'full'
  | 'slow'
  | 'lostWrite'
  | 'misdirectedWrite'
  | 'misdirectedRead'
  | 'unsyncedLost'
  | 'torn'
  | 'reordered'
  | 'nameUndone'

const FAILED: Readonly<Record<FaultyOperation, DiskFaultEvent>> = {
  read: 'failedRead',
  write: 'failedWrite',
  sync: 'failedSync',
  syncDirectory: 'failedSync',
}

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
  /** Called whenever something goes wrong, with the file if there is one; for whoever counts it. */
  onEvent: ((event: DiskFaultEvent, path: string) => void) | undefined
  #failures: ArmedFault<FaultyOperation>[] = []
  #writeFaults: ArmedFault<WriteFault>[] = []
  #readFaults: ArmedFault<{ readonly byBytes: number }>[] = []

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

  /** The next read reports success and gives what stands elsewhere in the file (D8). */
  misdirectNextRead(byBytes: number, path?: WhichFile): void {
    this.#readFaults.push({ kind: { byBytes }, path })
  }

  /** Disarms everything. */
  heal(): void {
    this.lyingSync = false
    this.extraLatencyUs = 0
    this.capacityBytes = Number.POSITIVE_INFINITY
    this.#failures = []
    this.#writeFaults = []
    this.#readFaults = []
  }

  /** For the disk: it has happened. */
  happened(event: DiskFaultEvent, path = ''): void {
    this.onEvent?.(event, path)
  }

  /** Whether this operation fails now; for the disk. */
  takeFailure(operation: FaultyOperation, path: string): boolean {
    if (takeFirst(this.#failures, path, operation) === undefined) return false
    this.happened(FAILED[operation], path)
    return true
  }

  /** What becomes of this write; for the disk. */
  takeWriteFault(path: string): WriteFault | undefined {
    const fault = takeFirst(this.#writeFaults, path)
    if (fault !== undefined) this.happened(fault.what === 'lost' ? 'lostWrite' : 'misdirectedWrite', path)
    return fault
  }

  /** How far from the right place this read is to be done; for the disk. */
  takeReadFault(path: string): number {
    const fault = takeFirst(this.#readFaults, path)
    if (fault !== undefined) this.happened('misdirectedRead', path)
    return fault?.byBytes ?? 0
  }
}

/** Disarms the first that fits, of the one kind if it is given. */
function takeFirst<Kind>(armed: ArmedFault<Kind>[], path: string, kind?: Kind): Kind | undefined {
  const found = armed.findIndex(each => each.kind === (kind ?? each.kind) && fits(each, path))
  return found < 0 ? undefined : armed.splice(found, 1)[0]!.kind
}

function fits(armed: ArmedFault<unknown>, path: string): boolean {
  return typeof armed.path === 'function' ? armed.path(path) : (armed.path ?? path) === path
}
