/** Sends the records of a memtable to the job that makes tables of them: an array a turn, a few on their way. */
import type { Clock } from '../../runtime/clock.ts'
import type { Job } from '../../runtime/jobs.ts'
import type { Memtable } from '../memtable/memtable.ts'
import { RecordImages } from '../memtable/record-image.ts'
import { RECORDS_SENT_BYTES, RECORDS_SENT_MAX } from './limits.ts'
import type { TableOrder } from './table-orders.ts'

/** Pages are sent with the room in them that nothing uses. */
const SMALLEST_ARRAY_BYTES = 16 * 1024

export class MemtableSupply {
  readonly #images: RecordImages
  /** Of an array that is made: all that is sent, if that is less than most are. */
  readonly #arrayBytes: number
  readonly #task: number
  readonly #job: Job<TableOrder>
  readonly #clock: Clock
  /** Arrays that came home; the next memtable's supply goes on with them. */
  readonly #free: Uint8Array[]
  #underWay = 0
  #isWaiting = false
  #isStopped = false

  /**
   * Begins in a later turn.
   *
   * @param free arrays of RECORDS_SENT_BYTES that nobody uses.
   */
  constructor(memtable: Memtable, task: number, job: Job<TableOrder>, clock: Clock, free: Uint8Array[]) {
    this.#images = new RecordImages(memtable)
    this.#arrayBytes = Math.min(RECORDS_SENT_BYTES, SMALLEST_ARRAY_BYTES + 2 * memtable.bytes)
    this.#task = task
    this.#job = job
    this.#clock = clock
    this.#free = free
    this.#continue()
  }

  /** The job has read the array, and gives it back. */
  taken(bytes: Uint8Array): void {
    this.#underWay--
    if (bytes.length === RECORDS_SENT_BYTES) this.#free.push(bytes)
    if (!this.#isWaiting) return
    this.#isWaiting = false
    this.#continue()
  }

  stop(): void {
    this.#isStopped = true
  }

  #continue(): void {
    this.#clock.nextTurn(() => {
      if (!this.#isStopped) this.#send()
    })
  }

  #send(): void {
    const task = this.#task
    const image = this.#images.next(this.#free.pop() ?? new Uint8Array(this.#arrayBytes))
    if (image === undefined) return this.#job.tell({ kind: 'recordsEnd', task })
    const { bytes, length } = image
    this.#job.tell({ kind: 'records', task, bytes, length }, [bytes])
    if (++this.#underWay < RECORDS_SENT_MAX) this.#continue()
    else this.#isWaiting = true
  }
}
