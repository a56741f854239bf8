/** What the process takes of its machine, for `/metrics`. */
export interface ProcessUsage {
  readonly residentMemoryBytes: number
  /** Of all its threads, since it began. */
  readonly cpuSeconds: number
  /** By the machine's own calendar. */
  readonly startedAtSeconds: number
  /** Absent where the system does not tell. */
  readonly openFiles: number | undefined
  readonly openFilesMax: number
}
