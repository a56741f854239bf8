/** What a node's thread runs: every kind of job that a node may start. */
import { nodePasswordKey } from '../runtime/node/password-key.ts'
import { serveJobs } from '../runtime/node/serve-jobs.ts'
import { passwordJob } from '../services/etcd/auth/password-job.ts'
import { tableJob } from '../storage/store/table-job.ts'

serveJobs([tableJob, passwordJob(nodePasswordKey)])
