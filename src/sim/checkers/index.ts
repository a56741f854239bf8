/** The checkers: what a history of a run must satisfy, and how a history is recorded, saved and read. */
export { describeHistory, describeStoreOperation } from './describe-history.ts'
export * from './history.ts'
export { decodeHistory, encodeHistory } from './history-codec.ts'
export * from './linearizability.ts'
export { outcomeOfError, StoreRecorder } from './recorder.ts'
export { shrink } from './shrink.ts'
export { EMPTY_STORE, type InitialStore } from './store-facts.ts'
export { checkStore, type StoreCheckOptions, type StoreVerdict } from './store-model.ts'
