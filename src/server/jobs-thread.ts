/** What a node's thread runs: every kind of job that a node may start. */
import { serveJobs } from '../runtime/node/serve-jobs.ts'
import { tableJob } from '../storage/store/table-job.ts'

serveJobs([tableJob])
