/** What the disks of some members still hold between them: runs of a log, and states that cover its beginning. */

/** Entries that one leader wrote one after the other; both ends are included. */
export interface Run {
  readonly from: number
  readonly to: number
  readonly ballot: number
}

export interface DiskRun extends Run {
  /** Damaged: something is there, and cannot be read, or not be trusted. */
  readonly condition: 'good' | 'damaged'
}

export interface MemberDisk {
  /** Lost: this member cannot tell for which ballots it voted, or what it acknowledged. */
  readonly promises: 'kept' | 'lost'
  /** The applied state, or a snapshot: it stands for all entries up to `index`; 0 is the empty state. */
  readonly state: {
    readonly index: number
    /** The parts (ranges of keys, tables) that have no good copy on this disk, by names that members share. */
    readonly damaged: readonly string[]
  }
  /** Ascending, without overlaps; what was compacted away is not there. */
  readonly log: readonly DiskRun[]
}

/** What stands at an index of the log of one disk. */
export function at(disk: MemberDisk, index: number): DiskRun | undefined {
  return disk.log.find(({ from, to }) => from <= index && index <= to)
}

/**
 * The highest index at which a state can be had whole. Parts of several disks fit together only at the same index:
 * a transaction reads any key, so a part alone cannot be brought forward with the log.
 */
export function wholeStateIndex(disks: readonly MemberDisk[]): number {
  let highest = 0
  for (const { state } of disks) {
    if (state.index <= highest) continue
    const same = disks.filter(disk => disk.state.index === state.index)
    const isLost = (part: string) => same.every(disk => disk.state.damaged.includes(part))
    if (!state.damaged.some(isLost)) highest = state.index
  }
  return highest
}

/** The first of the entries after `after` of which no disk's log holds a good copy. */
export function findMissing(
  disks: readonly MemberDisk[],
  entries: readonly Run[],
  after: number,
): number | undefined {
  for (const { from, to, ballot } of entries) {
    let next = Math.max(from, after + 1)
    while (next <= to) {
      let reach = next - 1
      for (const disk of disks) {
        const held = at(disk, next)
        // The same entry may be committed again under a later ballot, never another one.
        if (held?.condition === 'good' && held.ballot >= ballot) reach = Math.max(reach, held.to)
      }
      if (reach < next) return next
      next = reach + 1
    }
  }
  return undefined
}

/** An entry of some ballot. */
export interface Entry {
  readonly index: number
  readonly ballot: number
}

/**
 * The damaged entries beyond an index, one for each piece of the logs in which every disk says the same of all
 * entries: logs are cut wherever any of them changes.
 */
export function damagedBeyond(disks: readonly MemberDisk[], after: number): Entry[] {
  const cuts = new Set([after + 1])
  for (const { log } of disks) for (const { from, to } of log) cuts.add(from).add(to + 1)
  const ascending = [...cuts].filter(cut => cut > after).sort((a, b) => a - b)
  return ascending.flatMap(index =>
    disks.flatMap(disk => {
      const held = at(disk, index)
      return held?.condition === 'damaged' ? [{ index, ballot: held.ballot }] : []
    }),
  )
}
