/** Exit statuses that scripts may rely on. */
export const ExitCode = {
  ok: 0,
  /** The command ran and could not do what was asked. */
  failed: 1,
  /** The command line or configuration makes no sense. */
  usage: 2,
  /** A node will not start, and would not if it were started again: foreign data, damage, a port in use. */
  refused: 3,
} as const
