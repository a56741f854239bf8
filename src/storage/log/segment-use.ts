/** How many bytes of live entries, of all groups, each segment holds: what may be forgotten. */
export class SegmentUse {
  readonly #liveBytes = new Map<number, number>()

  add(segment: number, bytes: number): void {
    this.#liveBytes.set(segment, this.liveBytes(segment) + bytes)
  }

  liveBytes(segment: number): number {
    return this.#liveBytes.get(segment) ?? 0
  }

  forget(segment: number): void {
    this.#liveBytes.delete(segment)
  }
}
