/** The thread of a node that runs from its source: Node.js 20 gives a loader to the main thread only. */
import { register } from 'tsx/esm/api'

register()
await import('../src/server/jobs-thread.ts')
