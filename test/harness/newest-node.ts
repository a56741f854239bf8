/** The newest Node.js with long-term support, beside the one that runs the tests. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { runCommand } from './command.ts'

const PLACE = fileURLToPath(new URL('../newest-node', import.meta.url))

/** Its program, installed if it is not there yet; undefined where no package has it. */
export async function newestNode(): Promise<string | undefined> {
  const { platform, arch } = process
  const name = `node-${platform === 'win32' ? 'win' : platform}-${arch}`
  const program = join(PLACE, 'node_modules', name, 'bin', platform === 'win32' ? 'node.exe' : 'node')
  if (existsSync(program)) return program
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund']
  const { status, stderr } = await runCommand('npm', args, { directory: PLACE })
  if (status !== 0) throw new Error(`the newest Node.js cannot be installed: ${stderr}`)
  return existsSync(program) ? program : undefined
}
