/** What everything promises that carries out jobs, as tests: in turns of the caller's own and in a thread. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { QuorateError } from '../core/errors.ts'
import type { Disk } from './disk.ts'
import type { Job, Jobs } from './jobs.ts'
import { type ProbeInput, type ProbeOrder, type ProbeReport, probeJob } from './testing/probe-job.ts'

export interface JobsWorld {
  /** Knows `probeJob`. */
  readonly jobs: Jobs
  /** What its jobs see, too. */
  readonly disk: Disk
  /** An existing, empty directory. */
  readonly directory: string
  /** Why the node was halted, or an error that nobody caught and that halts it. */
  readonly halts: readonly Error[]
  /** Lets the world go on until the condition holds. */
  until(condition: () => boolean): Promise<void>
  close(): void
}

export function describeJobs(name: string, create: () => JobsWorld): void {
  let world: JobsWorld
  let running: Job<ProbeOrder>[]

  const start = (
    job: string,
    hear: (report: ProbeReport) => void,
    more: Partial<ProbeInput> = {},
  ): Job<ProbeOrder> => {
    const started = world.jobs.start(probeJob, { name: job, directory: world.directory, ...more }, hear)
    running.push(started)
    return started
  }
  /** Resolves when the job has let go; checks that this comes once, and not within the call. */
  const stop = async (job: Job<ProbeOrder>): Promise<void> => {
    running.splice(running.indexOf(job), 1)
    let calls = 0
    job.stop(() => calls++)
    expect(calls, 'a stop never calls back within the call').toBe(0)
    await world.until(() => calls > 0)
    expect(calls, 'a stop calls back once').toBe(1)
  }
  const notes = (): string[] => world.disk.list(world.directory)

  describe(`${name} as Jobs`, () => {
    beforeEach(() => {
      world = create()
      running = []
    })
    afterEach(async () => {
      for (const job of [...running]) await stop(job)
      world.close()
    })

    it('a job hears what it is told, and its owner what the job tells, each in order and in a later turn', async () => {
      const heard: unknown[] = []
      const job = start('a', report => heard.push(report))
      for (let value = 0; value < 200; value++) job.tell({ kind: 'echo', value })
      job.tell({ kind: 'count', to: 200 })
      expect(heard).toEqual([])
      await world.until(() => heard.length >= 400)
      const echoes = Array.from({ length: 200 }, (_, value) => ({ kind: 'echo', from: 'a', value }))
      const numbers = Array.from({ length: 200 }, (_, i) => ({ kind: 'number', number: i + 1 }))
      expect(heard).toEqual([...echoes, ...numbers])
    })

    it('messages are data of any shape', async () => {
      const values = [
        undefined,
        0xfedcba9876543210n,
        new Map([[1, Uint8Array.of(1, 2)]]),
        [{ a: ['b', null] }],
      ]
      const heard: unknown[] = []
      const job = start('a', report => report.kind === 'echo' && heard.push(report.value))
      for (const value of values) job.tell({ kind: 'echo', value })
      await world.until(() => heard.length >= values.length)
      expect(heard).toEqual(values)
    })

    it('an array that is handed over comes as it was, and so it comes back', async () => {
      const bytes = Uint8Array.from({ length: 10_000 }, (_, i) => i * 7)
      const part = bytes.slice().subarray(1_000, 5_000)
      const returned: Uint8Array[] = []
      const job = start('a', report => report.kind === 'returned' && returned.push(report.bytes))
      const copies = [bytes.slice(), part, new Uint8Array(0)]
      for (const copy of copies) job.tell({ kind: 'return', bytes: copy }, [copy])
      await world.until(() => returned.length === 3)
      expect(returned[0]).toEqual(bytes)
      expect(returned[1]).toEqual(bytes.subarray(1_000, 5_000))
      expect(returned[2]).toHaveLength(0)
    })

    it('jobs of one kind run side by side, each with an input, orders and reports of its own', async () => {
      const heard = new Map<string, unknown[]>(['a', 'b', 'c'].map(job => [job, []]))
      const jobs = [...heard].map(([job, reports]) => start(job, report => reports.push(report)))
      for (let round = 0; round < 20; round++)
        for (const [i, job] of jobs.entries()) job.tell({ kind: 'echo', value: [i, round] })
      await world.until(() => [...heard.values()].every(reports => reports.length >= 20))
      for (const [i, [from, reports]] of [...heard].entries())
        expect(reports).toEqual(Array.from({ length: 20 }, (_, r) => ({ kind: 'echo', from, value: [i, r] })))
    })

    it('nothing is heard of a job that was stopped, though it was told before', async () => {
      const heard: ProbeReport[] = []
      let isStopped = false
      const job = start('a', report => {
        heard.push(report)
        if (heard.length !== 3) return
        running.length = 0
        job.stop(() => {
          isStopped = true
        })
      })
      job.tell({ kind: 'count', to: 50 })
      job.tell({ kind: 'echo', value: 'late' })
      await world.until(() => isStopped)
      expect(heard).toHaveLength(3)
    })

    it('a stop calls back when the job has let go of everything', async () => {
      const job = start('a', () => {}, { stopTurns: 5_000 })
      await stop(job)
      expect(notes()).toEqual(['a stopped'])
    })

    it('a job hears what it was told before it was stopped, and nothing that comes after', async () => {
      const job = start('a', () => {}, { stopTurns: 5_000 })
      for (const text of ['first', 'second']) job.tell({ kind: 'note', text })
      let isStopped = false
      running.length = 0
      job.stop(() => {
        isStopped = true
      })
      job.tell({ kind: 'note', text: 'third' })
      expect(notes()).toEqual([])
      await world.until(() => isStopped)
      expect(notes().sort()).toEqual(['a stopped', 'first', 'second'])
    })

    it('a job that stops leaves the others alone, and others can be started when all have stopped', async () => {
      const heard: unknown[] = []
      const echo = (report: ProbeReport): void => void (report.kind === 'echo' && heard.push(report.value))
      const [a, b] = [start('a', echo), start('b', echo)]
      await stop(a)
      b.tell({ kind: 'echo', value: 'b lives' })
      await world.until(() => heard.length >= 1)
      await stop(b)
      start('c', echo).tell({ kind: 'echo', value: 'c lives' })
      await world.until(() => heard.length >= 2)
      expect(heard).toEqual(['b lives', 'c lives'])
      expect(world.halts).toEqual([])
    })

    it('a job halts its node, which learns the code, the message, the outcome and what to do', async () => {
      const job = start('a', () => {})
      job.tell({ kind: 'halt', code: 'QUORATE_TEST', message: 'the table is damaged', hint: 'restore it' })
      await world.until(() => world.halts.length > 0)
      expect(world.halts).toHaveLength(1)
      const [reason] = world.halts
      expect(reason).toBeInstanceOf(QuorateError)
      expect(reason).toMatchObject({
        code: 'QUORATE_TEST',
        message: 'the table is damaged',
        outcome: 'unknown',
        hint: 'restore it',
      })
      expect(reason?.stack).toContain('probe-job')
    })

    it('an error that a job does not catch halts its node', async () => {
      const job = start('a', () => {})
      job.tell({ kind: 'throw', message: 'a bug in a job' })
      await world.until(() => world.halts.length > 0)
      expect(world.halts).toHaveLength(1)
      expect(world.halts[0]?.message).toContain('a bug in a job')
      expect(world.halts[0]?.stack).toContain('probe-job')
    })
  })
}
