/** An IP address as a certificate holds it: four bytes, or sixteen. */

/** @param address one that `isIP` of Node.js takes, without a zone */
export function ipBytes(address: string): Uint8Array {
  return address.includes(':') ? sixteen(address) : Uint8Array.from(address.split('.'), Number)
}

/** `::` stands for as many zeros as are missing; the last four bytes may be written as IPv4's are (RFC 4291 §2.2). */
function sixteen(address: string): Uint8Array {
  const [head = '', tail] = address.split('::')
  const front = groups(head)
  const back = tail === undefined ? [] : groups(tail)
  const zeros = new Array<number>(16 - front.length - back.length).fill(0)
  return Uint8Array.from([...front, ...zeros, ...back])
}

function groups(part: string): number[] {
  if (part === '') return []
  return part.split(':').flatMap(group => {
    if (group.includes('.')) return [...ipBytes(group)]
    const value = Number.parseInt(group, 16)
    return [value >> 8, value & 0xff]
  })
}
