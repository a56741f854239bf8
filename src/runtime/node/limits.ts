/** What the real runtime holds at most, and how long it waits. */

/** Bytes waiting on one connection at which `write` asks its caller to stop. */
export const WRITE_BUFFER_BYTES_HIGH = 1024 * 1024

/** Bytes waiting at which a caller that was asked to stop is told to go on. */
export const WRITE_BUFFER_BYTES_LOW = 256 * 1024

/** Small chunks of one turn are copied into one buffer up to this size; above it they go out as a vector. */
export const GATHER_COPY_BYTES_MAX = 16 * 1024

/** How long an outgoing connection may take to be made. */
export const CONNECT_TIMEOUT_MS = 5_000

/** How long an ended connection waits for the other end to close too. */
export const LINGER_TIMEOUT_MS = 1_000

/** Connections that the kernel holds for a listener before they are accepted. */
export const LISTEN_BACKLOG = 1_024

/** The longest that one `setTimeout` can be: longer timers are set again. */
export const TIMEOUT_MS_MAX = 2 ** 31 - 1

/** Passes of one turn: a core's step; the log's write and what is applied; what leaves. */
export const TURN_PASSES_MAX = 3

/** Chunks that the kernel takes in one vectored write (IOV_MAX): more would be several writes. */
export const WRITE_VECTOR_CHUNKS_MAX = 1_024

/** How often a file operation that the system asks to try again (EAGAIN, EINTR) is tried again. */
export const TRY_AGAIN_MAX = 1_000

/**
 * From this length on the native CRC-32C is faster than the table. Measured: the native one costs 250-430 ns and
 * 0.2 ns a byte, the table 4-5 ns a byte; `bench/checksum.ts` measures it again.
 */
export const NATIVE_CHECKSUM_BYTES_MIN = 64

/** The exit status of a node that stopped itself (EX_SOFTWARE in sysexits.h). */
export const HALT_EXIT_STATUS = 70

/** Of the jobs' thread, on the scale of `nice`: a tenth of a processor while the node needs all of it. */
export const THREAD_NICENESS = 10

/**
 * What the thread of jobs has for new objects, in MiB. Measured with a job that makes and drops small objects: 24 costs
 * no more processor time than the 48 of Node.js and a working thread holds 20 MiB less; 12 costs 1.4 times as much, 6
 * three times. A thread that waits adds 10 MiB to the process with any of them.
 */
export const THREAD_YOUNG_GENERATION_MIB_MAX = 24
