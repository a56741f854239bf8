/** Exit statuses that scripts may rely on. */
export const ExitCode = {
  ok: 0,
  /** The command ran and could not do what was asked. */
  failed: 1,
  /** The command line or configuration makes no sense. */
  usage: 2,
  /** A node will not start, and would not if it were started again: foreign data, damage, a port in use. */
  refused: 3,
  /** `quorate sim`: a run was broken off, for want of time or memory, or the process that ran it died. */
  simExhausted: 125,
  /** `quorate sim`: something threw that must not, or a member stopped itself and its disk had given no reason. */
  simCrash: 127,
  /** `quorate sim`: a healed majority did not answer, or replicas did not come together. */
  simLiveness: 128,
  /** `quorate sim`: an answer was wrong, or replicas differ. */
  simCorrectness: 129,
} as const
