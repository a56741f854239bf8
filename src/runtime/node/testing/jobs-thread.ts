/** The thread of tests of jobs. */
import { probeJob } from '../../testing/probe-job.ts'
import { serveJobs } from '../serve-jobs.ts'
import { threadProbeJob } from './thread-probe-job.ts'

serveJobs([probeJob, threadProbeJob])
