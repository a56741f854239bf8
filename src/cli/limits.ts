/** What the commands hold at most, and how long they wait. */

/** Nodes of `quorate dev`: the last pair of ports, 62379 and 62380, is the highest that fits. */
export const DEV_NODES_MAX = 6

/** A node that died is started again after a pause, which doubles from the first to the last... */
export const RESTART_PAUSE_MS_MIN = 100
export const RESTART_PAUSE_MS_MAX = 5_000

/** ...and is forgotten once the node has run for this long. */
export const STEADY_MS = 10_000

/** How long nodes that are asked to stop may take before they are killed. */
export const STOP_GRACE_MS = 10_000

/** One line of an import: a pair at its largest, each byte escaped as six characters of JSON, and some room. */
export const IMPORT_LINE_BYTES_MAX = 6 * 3 * 1024 * 1024

/** What `quorate kv txn` reads: a request of etcd's size, each byte escaped as ten characters. */
export const TXN_SCRIPT_BYTES_MAX = 16 * 1024 * 1024

/** Writes of an import in flight at the same time. */
export const IMPORT_WRITES_MAX = 64

/** How long an import waits for a cluster that does not answer. */
export const IMPORT_PATIENCE_MS = 120_000

/** A progress bar is drawn no more often than this. */
export const DRAW_INTERVAL_MS = 100

/** `quorate store verify` reads so much between two looks at the progress bar. */
export const VERIFY_SLICE_BYTES = 1024 * 1024

/** `quorate sim`: a seed that takes longer is broken off, and one that does not even notice is killed. */
export const SIM_SEED_MS_MAX = 300_000
export const SIM_SILENCE_MS_MAX = 2 * SIM_SEED_MS_MAX

/** `quorate sim`: memory of the process that runs seeds, and from where on it breaks a run off. */
export const SIM_HEAP_MEGABYTES = 2_048
export const SIM_HEAP_BYTES_MAX = 0.75 * SIM_HEAP_MEGABYTES * 1024 * 1024

/** `quorate sim`: how long a run that fails is made smaller. */
export const SIM_SHRINK_MS_MAX = 120_000

/** `quorate sim`: seeds, if nobody says which, how many, or for how long. */
export const SIM_SEEDS = 10

/** A longer `--config-file` is some other file. */
export const CONFIG_FILE_BYTES_MAX = 1024 * 1024
