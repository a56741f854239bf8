/** `quorate recover`: one member goes on alone when a majority is lost for good, if its operator says so. */

import { formatNodeId } from '../core/ids.ts'
import { silentLogger } from '../runtime/logger.ts'
import { nodeRuntime } from '../runtime/node/index.ts'
import { inspectSurvivor, namesOf, recoverAlone, type Survivor } from '../server/recover.ts'
import { colors as pc } from './colors.ts'
import { ExitCode } from './exit-codes.ts'
import { print } from './output.ts'

export interface RecoverFlags {
  readonly yes?: boolean
  readonly json?: boolean
}

/** Without `--yes` it only says what would be done, and what may be lost. Throws errors with codes. */
export async function recover(directory: string, { yes, json }: RecoverFlags): Promise<number> {
  const runtime = nodeRuntime({ log: silentLogger })
  const survivor = await inspectSurvivor(runtime, directory)
  if (yes !== true) {
    if (json) print(JSON.stringify(toJson(survivor)))
    else warn(directory, survivor)
    return ExitCode.failed
  }
  const { clusterId, name } = await recoverAlone(runtime, directory)
  if (json) print(JSON.stringify({ ...toJson(survivor), newClusterId: clusterId.toString(16) }))
  else {
    print(`${name} is the only member of cluster ${clusterId.toString(16)} now. Start its node with`)
    print('  --initial-cluster-state existing')
    print('and add new members (quorate member add), on empty data directories.')
  }
  return ExitCode.ok
}

function warn(directory: string, { identity, lastTerm, lastIndex, appliedIndex, others }: Survivor): void {
  const { name, nodeId, clusterId } = identity
  print(`${directory} is that of ${name} (${formatNodeId(nodeId)}), of cluster ${clusterId.toString(16)}.`)
  print(
    `Its log ends with entry ${lastIndex} of term ${lastTerm}; its store holds everything up to ${appliedIndex}.`,
  )
  print(`Other members: ${namesOf(others) || 'none'}.`)
  print('')
  print(
    pc.yellow(
      'To go on alone may lose writes that were acknowledged: those that the others had and this member',
    ),
  )
  print(
    pc.yellow(
      'did not, and nobody can tell here whether there are any. Writes that were never acknowledged may turn',
    ),
  )
  print(
    pc.yellow(
      'out to be done. Do it only if a majority will never come back: as long as one might, start that.',
    ),
  )
  print('')
  print(
    'If several members are left, run this on each, and recover the one with the highest term, or of equal terms',
  )
  print('the last entry. Stop the others for good. Then, on that one:')
  print('')
  print(`  quorate recover --yes ${directory}`)
}

function toJson({ identity, lastTerm, lastIndex, appliedIndex, others }: Survivor): Record<string, unknown> {
  const { name, nodeId, clusterId } = identity
  const members = others.map(member => ({ id: formatNodeId(member.id), name: member.name }))
  const place = { lastTerm, lastIndex, appliedIndex }
  return {
    name,
    id: formatNodeId(nodeId),
    clusterId: clusterId.toString(16),
    ...place,
    otherMembers: members,
  }
}
