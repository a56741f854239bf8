/**
 * The content of one simulated file, by sectors: what a reader sees (the page cache), and for every sector
 * that differs from the platter the versions that it went through since. A sync drops the older versions; a
 * crash picks one of them per sector, so that un-synced writes get lost, torn and reordered.
 */
import type { Random } from '../core/prng.ts'
import type { CrashReport, SectorFate } from './crash-report.ts'

/** The unit that a simulated disk writes whole or not at all. */
export const SECTOR_BYTES = 512

interface Version {
  /** The write that made it; 0 for what is durable. */
  readonly write: number
  /** Absent from the current one: the page cache holds it. Several may share an array: it is never written to. */
  bytes?: Uint8Array
}

/** What a sector holds that was never written. */
const ZEROS = new Uint8Array(SECTOR_BYTES)

interface SizeChange {
  readonly write: number
  readonly size: number
}

/** How a crash treats what was not synced. */
type CrashPattern = 'none' | 'all' | 'prefix' | 'scattered'

const PATTERNS: readonly CrashPattern[] = ['none', 'all', 'prefix', 'scattered', 'scattered']

export class SimulatedInode {
  #bytes = new Uint8Array(SECTOR_BYTES)
  /** From here on, nothing but zeros was ever written. */
  #zerosFrom = 0
  #size = 0
  #durableSize = 0
  #sizes: SizeChange[] = []
  /** By sector: the durable version first, the current one last. In the order in which they became dirty. */
  readonly #dirty = new Map<number, Version[]>()
  /** Sectors whose sync failed: they look clean, and no later sync will write them. The durable bytes. */
  readonly #abandoned = new Map<number, Uint8Array>()
  #writes = 0

  get size(): number {
    return this.#size
  }

  /** True if a crash would change nothing. */
  get isDurable(): boolean {
    return this.#dirty.size === 0 && this.#abandoned.size === 0 && this.#sizes.length === 0
  }

  read(at: number, into: Uint8Array): number {
    const count = Math.max(0, Math.min(into.length, this.#size - at))
    if (count > 0) into.set(this.#bytes.subarray(at, at + count))
    return count
  }

  /** What a reader sees now. */
  content(): Uint8Array {
    return this.#bytes.slice(0, this.#size)
  }

  /** Replaces everything, durably. */
  restore(content: Uint8Array): void {
    this.#bytes = content.slice()
    this.#zerosFrom = content.length
    this.#size = content.length
    this.#settle()
  }

  /**
   * Writes into the page cache; returns the write's number for `syncRange` and `syncUpTo`. Sectors (counted
   * from the first that is touched) for which `isLost` holds keep what they held.
   */
  write(at: number, bytes: Uint8Array, isLost?: (sector: number) => boolean): number {
    if (bytes.length === 0) return this.#writes
    const write = ++this.#writes
    const end = at + bytes.length
    this.#grow(end)
    const first = Math.floor(at / SECTOR_BYTES)
    const last = Math.ceil(end / SECTOR_BYTES)
    for (let sector = first; sector < last; sector++) {
      if (isLost?.(sector - first)) continue
      this.#keep(sector, write)
      if (isLost === undefined) continue
      const from = Math.max(at, sector * SECTOR_BYTES)
      const to = Math.min(end, (sector + 1) * SECTOR_BYTES)
      this.#bytes.set(bytes.subarray(from - at, to - at), from)
    }
    if (isLost === undefined) this.#bytes.set(bytes, at)
    this.#zerosFrom = Math.max(this.#zerosFrom, end)
    if (end > this.#size) this.#resize(end, write)
    return write
  }

  truncate(size: number): void {
    const write = ++this.#writes
    this.#grow(size)
    if (size < this.#size) {
      const last = Math.ceil(this.#size / SECTOR_BYTES)
      for (let sector = Math.floor(size / SECTOR_BYTES); sector < last; sector++) this.#keep(sector, write)
      this.#bytes.fill(0, size)
    }
    this.#resize(size, write)
  }

  /** The number of the last write so far. */
  get lastWrite(): number {
    return this.#writes
  }

  /** Everything up to this write is durable now. */
  syncUpTo(write: number): void {
    for (const sector of [...this.#dirty.keys()]) this.#syncSector(sector, write)
    this.#syncSize(write)
  }

  /** The sectors of one write are durable now, and the size if the write grew the file. */
  syncRange(at: number, length: number, write: number): void {
    const last = Math.ceil((at + length) / SECTOR_BYTES)
    for (let sector = Math.floor(at / SECTOR_BYTES); sector < last; sector++) this.#syncSector(sector, write)
    this.#syncSize(write)
  }

  /** The sync of these failed: from now on they look clean, and only writing them again makes them dirty. */
  abandonUpTo(write: number): void {
    for (const [sector, versions] of [...this.#dirty]) {
      if (versions.at(-1)!.write > write) continue
      this.#abandoned.set(sector, versions[0]!.bytes!)
      this.#dirty.delete(sector)
    }
  }

  /** Flips bits at rest: on the platter and in every copy. */
  rot(at: number, mask: number): void {
    const sector = Math.floor(at / SECTOR_BYTES)
    const within = at % SECTOR_BYTES
    this.#bytes[at] = this.#bytes[at]! ^ mask
    this.#zerosFrom = Math.max(this.#zerosFrom, at + 1)
    for (const version of this.#dirty.get(sector) ?? []) {
      if (version.bytes !== undefined) version.bytes = flipped(version.bytes, within, mask)
    }
    const abandoned = this.#abandoned.get(sector)
    if (abandoned !== undefined) this.#abandoned.set(sector, flipped(abandoned, within, mask))
  }

  /** The power fails: of what was not synced, some survives. */
  crash(random: Random, report?: CrashReport): void {
    if (this.isDurable) return
    const pattern = PATTERNS[random.below(PATTERNS.length)]!
    const size = this.#crashedSize(pattern, random)
    for (const [sector, durable] of this.#abandoned) {
      if (pattern === 'none' || random.chance(1, 2)) this.#put(sector, durable)
    }
    const cut = random.below(this.#dirty.size + 1)
    let position = 0
    const fates: SectorFate[] = []
    for (const [sector, versions] of this.#dirty) {
      const chosen = chooseVersion(pattern, versions.length, position++ < cut, random)
      const { bytes } = versions[chosen]!
      if (bytes !== undefined) this.#put(sector, bytes)
      versions.forEach(({ write }, i) => {
        if (i > 0) fates.push({ write, sector, hasArrived: i <= chosen })
      })
    }
    report?.addFile(fates)
    this.#bytes.fill(0, size)
    this.#size = size
    this.#settle()
  }

  #crashedSize(pattern: CrashPattern, random: Random): number {
    if (pattern === 'none') return this.#durableSize
    if (pattern === 'all') return this.#size
    const pick = random.below(this.#sizes.length + 1)
    return pick === 0 ? this.#durableSize : this.#sizes[pick - 1]!.size
  }

  #settle(): void {
    this.#dirty.clear()
    this.#abandoned.clear()
    this.#sizes = []
    this.#durableSize = this.#size
  }

  /** Keeps what a sector holds, which a write is about to change. */
  #keep(sector: number, write: number): void {
    const versions = this.#dirty.get(sector)
    if (versions === undefined) {
      const durable = this.#abandoned.get(sector) ?? this.#sector(sector)
      this.#abandoned.delete(sector)
      this.#dirty.set(sector, [{ write: 0, bytes: durable }, { write }])
    } else {
      versions.at(-1)!.bytes = this.#sector(sector)
      versions.push({ write })
    }
  }

  #syncSector(sector: number, write: number): void {
    const versions = this.#dirty.get(sector)
    if (versions === undefined) return
    let synced = versions.length - 1
    while (synced > 0 && versions[synced]!.write > write) synced--
    if (synced === versions.length - 1) this.#dirty.delete(sector)
    else versions.splice(0, synced)
  }

  #syncSize(write: number): void {
    let synced = 0
    while (synced < this.#sizes.length && this.#sizes[synced]!.write <= write) synced++
    if (synced === 0) return
    this.#durableSize = this.#sizes[synced - 1]!.size
    this.#sizes.splice(0, synced)
  }

  #resize(size: number, write: number): void {
    if (size === this.#size) return
    this.#size = size
    this.#sizes.push({ write, size })
  }

  #sector(sector: number): Uint8Array {
    const from = sector * SECTOR_BYTES
    return from >= this.#zerosFrom ? ZEROS : this.#bytes.slice(from, from + SECTOR_BYTES)
  }

  #put(sector: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, sector * SECTOR_BYTES)
  }

  #grow(size: number): void {
    const whole = Math.ceil(size / SECTOR_BYTES) * SECTOR_BYTES
    if (whole <= this.#bytes.length) return
    const grown = new Uint8Array(Math.max(whole, this.#bytes.length * 2))
    grown.set(this.#bytes)
    this.#bytes = grown
  }
}

function flipped(bytes: Uint8Array, at: number, mask: number): Uint8Array {
  const copy = bytes.slice()
  copy[at] = copy[at]! ^ mask
  return copy
}

/** Which of a sector's versions survives: 0 is the durable one, the last the newest. */
function chooseVersion(pattern: CrashPattern, count: number, beforeCut: boolean, random: Random): number {
  switch (pattern) {
    case 'none':
      return 0
    case 'all':
      return count - 1
    case 'prefix':
      return beforeCut ? count - 1 : 0
    case 'scattered':
      return random.below(count)
  }
}
