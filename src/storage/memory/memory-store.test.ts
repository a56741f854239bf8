import { describeStore } from '../store.conformance.ts'
import { openMemoryStore } from './memory-store.ts'

describeStore('the store in memory', openMemoryStore)
