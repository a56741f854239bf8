/**
 * Reads a segment from its front: follows the chain of batches as far as it holds, and judges what comes
 * behind. The folder's DESIGN.md has the table of cases.
 */
import { assert } from '../../core/assert.ts'
import type { Checksum } from '../../core/crc32c.ts'
import { bug, probe } from '../../core/seams.ts'
import type { DiskFile } from '../../runtime/disk.ts'
import { BATCH_HEADER_BYTES, type BatchHeader, readBatchHeader } from './batch-header.ts'
import { logDamaged } from './errors.ts'
import { SCAN_WINDOW_BYTES } from './limits.ts'
import { aligned, type Segment } from './segment.ts'

/** The payload is only valid during the call. */
export type VisitBatch = (header: BatchHeader, payload: Uint8Array) => void

/** Why the chain of batches stopped. */
interface ChainBreak {
  readonly what: string
  /** There is an intact batch, written when what is below it was durable; but that has changed since. */
  readonly isProofOfDamage: boolean
}

export class SegmentScan {
  readonly #segment: Segment
  readonly #checksum: Checksum
  readonly #window: FileWindow
  /** The last intact batch of the chain. */
  last: BatchHeader | undefined

  constructor(segment: Segment, checksum: Checksum) {
    this.#segment = segment
    this.#checksum = checksum
    this.#window = new FileWindow(segment.file)
  }

  /**
   * Visits the batches of a segment that ends, as its successor says, at `end` with the batch of this checksum.
   * Everything in it had been durable: throws `QUORATE_LOG_DAMAGED` for anything that is not as it was.
   */
  readWhole(end: number, endChecksum: number, visit: VisitBatch): void {
    const stopped = this.#follow(visit, end)
    const { path } = this.#segment
    if (stopped !== undefined) throw logDamaged(path, this.#segment.end, stopped.what)
    if (this.#segment.end !== end || this.#segment.checksum !== endChecksum) {
      throw logDamaged(path, this.#segment.end, 'it does not end as the next segment says')
    }
  }

  /**
   * Finds the end of the last segment. Throws `QUORATE_LOG_DAMAGED` if what follows them proves that
   * something durable is gone; otherwise says whether nothing follows or something that may have been a batch.
   */
  readLast(): 'clean' | 'ambiguous' {
    const stopped = this.#follow(() => {}, this.#segment.header.segmentBytes)
    const { path, end } = this.#segment
    if (this.last === undefined || stopped?.isProofOfDamage) {
      // The first batch was durable before the file got its name.
      throw logDamaged(path, end, stopped?.what ?? 'it holds no batch')
    }
    if (this.last.kind === 'rolled') throw logDamaged(path, end, 'the segment that follows it is missing')
    const later = this.#laterBatch(end)
    if (later !== undefined) {
      probe('log: a batch below an intact one was damaged')
      if (bug('rot-truncated')) return 'clean'
      throw logDamaged(path, end, `${stopped?.what}, below an intact batch at offset ${later}`)
    }
    if (this.#isZeroFrom(end)) return 'clean'
    if (bug('torn-tail-refused')) throw logDamaged(path, end, `${stopped?.what}`)
    probe('log: the last batch was torn')
    return 'ambiguous'
  }

  #follow(visit: VisitBatch, end: number): ChainBreak | undefined {
    const segment = this.#segment
    while (segment.end < end) {
      const header = this.#headerAt(segment.end)
      const problem = this.#problemOf(header)
      if (header === undefined || problem !== undefined) return problem
      const payload = this.#window.read(segment.end + BATCH_HEADER_BYTES, header.payloadBytes)
      if (payload.length < header.payloadBytes || this.#checksum(payload) !== header.payloadChecksum) {
        return { what: 'the checksum of the batch is wrong', isProofOfDamage: false }
      }
      visit(header, payload)
      segment.checksum = header.checksum
      segment.end += aligned(BATCH_HEADER_BYTES + header.payloadBytes, segment.header.alignmentBytes)
      this.last = header
    }
    return undefined
  }

  #headerAt(offset: number): BatchHeader | undefined {
    return readBatchHeader(this.#window.read(offset, BATCH_HEADER_BYTES), this.#checksum)
  }

  #problemOf(header: BatchHeader | undefined): ChainBreak | undefined {
    const { end, checksum } = this.#segment
    if (header === undefined) return { what: 'there is no intact batch header', isProofOfDamage: false }
    if (!this.#isOurs(header)) return { what: 'the batch is of another segment', isProofOfDamage: false }
    if (header.offset !== end) return { what: 'the batch belongs elsewhere', isProofOfDamage: false }
    if (header.previousChecksum !== checksum) {
      return { what: 'the batch before it is not the one that it followed', isProofOfDamage: true }
    }
    return undefined
  }

  #isOurs(header: BatchHeader): boolean {
    const { salt, sequence } = this.#segment.header
    return header.salt === salt && header.sequence === sequence
  }

  /** Where a batch of this segment stands that was written when everything up to beyond `end` was durable. */
  #laterBatch(end: number): number | undefined {
    const { alignmentBytes, segmentBytes } = this.#segment.header
    for (let offset = end; offset < segmentBytes; offset += alignmentBytes) {
      const header = this.#headerAt(offset)
      if (header !== undefined && this.#isOurs(header) && header.syncedTo > end) return offset
    }
    return undefined
  }

  #isZeroFrom(offset: number): boolean {
    const { segmentBytes } = this.#segment.header
    while (offset < segmentBytes) {
      const bytes = this.#window.read(offset, Math.min(SCAN_WINDOW_BYTES, segmentBytes - offset))
      assert(bytes.length > 0, 'the file is as long as its header says')
      if (!isZero(bytes)) return false
      offset += bytes.length
    }
    return true
  }
}

/** Four bytes at a time: offsets and lengths are multiples of the alignment. */
function isZero({ buffer, byteOffset, byteLength }: Uint8Array): boolean {
  const words = new Int32Array(buffer, byteOffset, byteLength / 4)
  for (let at = 0; at < words.length; at++) if (words[at] !== 0) return false
  return true
}

/** Reads a file mostly forward, a window at a time. */
class FileWindow {
  readonly #file: DiskFile
  #bytes = new Uint8Array(0)
  #at = 0

  constructor(file: DiskFile) {
    this.#file = file
  }

  /** A view, valid until the next call; shorter at the end of the file. */
  read(at: number, length: number): Uint8Array {
    if (at < this.#at || at + length > this.#at + this.#bytes.length) this.#load(at, length)
    return this.#bytes.subarray(at - this.#at, at - this.#at + length)
  }

  #load(at: number, length: number): void {
    const fileBytes = this.#file.size()
    const wanted = Math.max(0, Math.min(Math.max(length, SCAN_WINDOW_BYTES), fileBytes - at))
    const bytes = new Uint8Array(wanted)
    this.#bytes = bytes.subarray(0, this.#file.read(at, bytes))
    this.#at = at
  }
}
