/** The checkers: what a history of a run must satisfy, and how a history is recorded, saved and read. */
export * from './history.ts'
export { decodeHistory, encodeHistory } from './history-codec.ts'
export * from './linearizability.ts'
export { outcomeOfError, StoreRecorder } from './recorder.ts'
