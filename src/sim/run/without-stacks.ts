/**
 * Errors are made in masses where connections break and answers are refuted. V8 writes into each where it was made,
 * which took 3 % of a run, and no verdict tells that: it differs from build to build.
 */
export async function withoutStacks<T>(work: () => Promise<T>): Promise<T> {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = 0
  try {
    return await work()
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}
