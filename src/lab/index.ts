/** The laboratory as commands use it: algorithms, recordings, and what is made of them. */
export type { Algorithm, LessonTitle, NodeRange } from './algorithm.ts'
export { ALGORITHMS, algorithmNamed } from './algorithms.ts'
export { type CheckReport, checkAlgorithm } from './check/check.ts'
export { checkLines, hasFailed } from './check/check-report.ts'
export { SCHEDULES_MAX } from './limits.ts'
export { labPage } from './page/page.ts'
export { hasBrokenPromise, type Recording } from './recording.ts'
export { transcript } from './transcript.ts'
