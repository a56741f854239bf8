/**
 * A key on its way down a tree, with what the way has taught: how many bytes the key shares at least with the
 * greatest key known to be below it and with the smallest known to be above. Every key in between shares
 * the smaller of the two, so comparisons begin behind it.
 */
export class Probe {
  key: Uint8Array
  lowShared = 0
  highShared = 0
  /** Of the page that was searched last: how many bytes the key shares with all of its keys, as far as they do. */
  pageShared = 0
  /** Whether the last `seek` met the very key. */
  found = false

  constructor(key: Uint8Array) {
    this.key = key
  }

  /** Starts again at a root. */
  reset(key: Uint8Array): void {
    this.key = key
    this.lowShared = 0
    this.highShared = 0
    this.found = false
  }
}
