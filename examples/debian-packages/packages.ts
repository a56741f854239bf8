/** Debian's package index as this machine has it: one stanza for each package. */
import { spawn } from 'node:child_process'

/** Names and stanzas, in the order of the index; of packages that stand there twice, the last stanza. */
export async function readPackages(limit = Number.POSITIVE_INFINITY): Promise<Map<string, Buffer>> {
  const packages = new Map<string, Buffer>()
  for (const stanza of split(await dumpAvailable())) {
    const name = /^Package: (\S+)$/m.exec(stanza.toString('latin1'))?.[1]
    if (name === undefined) throw new Error('a stanza of apt-cache names no package')
    if (packages.size < limit || packages.has(name)) packages.set(name, stanza)
  }
  if (packages.size === 0) throw new Error('apt-cache knows no packages: run apt-get update')
  return packages
}

function dumpAvailable(): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('apt-cache', ['dumpavail'], { stdio: ['ignore', 'pipe', 'inherit'] })
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    child.once('error', reject)
    child.once('close', status => {
      if (status === 0) resolve(Buffer.concat(chunks))
      else reject(new Error(`apt-cache dumpavail ended with status ${status}`))
    })
  })
}

/** Stanzas are separated by empty lines. */
function* split(index: Buffer): Generator<Buffer> {
  let start = 0
  while (start < index.length) {
    const found = index.indexOf('\n\n', start)
    const end = found < 0 ? index.length : found
    if (end > start) yield index.subarray(start, end)
    start = end + 2
  }
}
