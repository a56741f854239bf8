/** Damage as a disk does it: a byte of a file is no longer what was written. */
import { closeSync, openSync, readSync, writeSync } from 'node:fs'

/** Changes one bit of the byte at this offset; done twice, the file is as it was. */
export function flipByte(path: string, offset: number): void {
  const descriptor = openSync(path, 'r+')
  const byte = new Uint8Array(1)
  readSync(descriptor, byte, 0, 1, offset)
  writeSync(descriptor, Uint8Array.of(byte[0]! ^ 0x10), 0, 1, offset)
  closeSync(descriptor)
}
