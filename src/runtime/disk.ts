/**
 * Files as the log and the store see them. Reads and directory look-ups are synchronous (start-up and
 * cached blocks); what makes things durable is asynchronous and reports through a callback. Nothing is
 * durable before the sync that covers it has called back without an error: not bytes, not a file's size,
 * not a name in a directory.
 */
export interface Disk {
  /** `create` makes a new, empty file and fails if it exists; `write` opens an existing one. */
  open(path: string, mode: OpenMode): DiskFile
  /** Names in a directory, sorted; empty if the directory does not exist. */
  list(directory: string): string[]
  exists(path: string): boolean
  /** Parents included; no error if it exists. */
  makeDirectory(path: string): void
  /** Replaces `to` atomically. Durable after `syncDirectory`. */
  rename(from: string, to: string): void
  /** No error if it does not exist. */
  remove(path: string): void
  /**
   * As `remove`, sooner or later: to give back the space of a large file takes longer than a turn may. A file that
   * cannot be removed stays.
   */
  removeLater(path: string): void
  /** Makes creations, renames and removals in the directory durable. */
  syncDirectory(directory: string, done: DiskCallback): void
  /** Takes the exclusive right to a directory until `release` or the process's end; throws if it is taken. */
  lock(directory: string): DiskLock
}

export type OpenMode = 'read' | 'write' | 'create'

export type DiskCallback = (error: DiskError | null) => void

export interface DiskFile {
  readonly path: string
  size(): number
  /** Reads up to `into.length` bytes at `at`; fewer only at the end of the file. Returns the count. */
  read(at: number, into: Uint8Array): number
  /**
   * Writes the chunks one behind the other at `at`, all of them or an error. The caller leaves the chunks
   * alone until `done`. Callbacks of one file come in the order of the calls.
   */
  write(at: number, chunks: readonly Uint8Array[], done: DiskCallback): void
  /** As `write`, and durable (bytes and size) when `done` is called: one trip instead of two. */
  writeSynced(at: number, chunks: readonly Uint8Array[], done: DiskCallback): void
  /** Makes every write that called back before durable, and the size. */
  sync(done: DiskCallback): void
  /** Cuts off or extends with zeros. Durable after `sync`. */
  truncate(size: number): void
  close(): void
}

export interface DiskLock {
  release(): void
}

/** What can go wrong, by kind; `io` is everything else. */
export type DiskErrorKind = 'notFound' | 'exists' | 'full' | 'readOnly' | 'denied' | 'locked' | 'io'

export class DiskError extends Error {
  override readonly name = 'DiskError'
  readonly kind: DiskErrorKind
  readonly path: string

  constructor(kind: DiskErrorKind, path: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.kind = kind
    this.path = path
  }
}
