/** A fault in a line that people read. */
import { unreachable } from '../../core/assert.ts'
import type { DiskFault } from './disk-fault.ts'
import type { Fault } from './fault.ts'

/** As it stands in the trace of a run. */
export function describeFault(fault: Fault): string {
  switch (fault.kind) {
    case 'kill':
    case 'start':
    case 'pause':
    case 'resume':
    case 'stop':
      return `${fault.kind} ${fault.member}`
    case 'install':
      return `version ${fault.version} is installed on ${fault.member}`
    case 'startWrongly':
      return `${fault.member} is started wrongly: ${fault.mistake} (${fault.as})`
    case 'losePower':
      return `power of ${fault.member} fails`
    case 'losePowerTogether':
      return `common power of ${fault.members.join(' ')} fails`
    case 'dieAt': {
      const end = fault.how === 'kill' ? 'dies' : 'loses power'
      return `${fault.member} ${end} ${fault.when} its next "${fault.operation}" (${fault.part})`
    }
    case 'cut':
    case 'heal':
      return `${fault.kind} ${fault.from} > ${fault.to}`
    case 'partition':
    case 'join':
      return `${fault.kind} ${fault.groups.map(group => group.join(' ')).join(fault.isOneWay ? ' > ' : ' | ')}`
    case 'healAll':
      return 'heal every path'
    case 'clog':
      return fault.delayUs === 0
        ? `unclog ${fault.from} > ${fault.to}`
        : `clog ${fault.from} > ${fault.to} for ${fault.delayUs} us`
    case 'narrow':
      return fault.packets === 0
        ? `widen ${fault.from} > ${fault.to}`
        : `narrow ${fault.from} > ${fault.to} to ${fault.packets} packets`
    case 'reset':
    case 'hush':
      return `${fault.kind} connections of ${fault.a} and ${fault.b}`
    case 'strand':
      return `connections to ${fault.to} break in ${fault.breaksUs} us, and deliver in ${fault.arrivesUs} us`
    case 'links':
      return `links ${JSON.stringify({ ...fault.quality, ...fault.faults })}`
    case 'addMember':
      return `${fault.member} is to be a member (${fault.as})`
    case 'removeMember':
      return `${fault.member} is to be no member any more`
    case 'moveMember':
      return `${fault.member} is to move to another address`
    default:
      return describeMachineFault(fault)
  }
}

type MachineFault = DiskFault | Extract<Fault, { kind: 'drift' | 'stepWall' }>

function describeMachineFault(fault: MachineFault): string {
  const { member } = fault
  switch (fault.kind) {
    case 'drift':
      return `clock of ${member} goes ${fault.drift.numerator}/${fault.drift.denominator}`
    case 'stepWall':
      return `wall clock of ${member} steps ${fault.ms} ms`
    case 'slowDisk':
      return fault.extraUs === 0
        ? `disk of ${member} is quick again`
        : `disk of ${member} takes ${fault.extraUs} us more`
    case 'fillDisk':
      return fault.freeBytes < 0
        ? `disk of ${member} has room`
        : `disk of ${member} has ${fault.freeBytes} bytes left`
    case 'failDisk':
      return `next ${fault.operation} of ${member} fails (${fault.part})`
    case 'rot':
      return `a bit rots on ${member} (${fault.part} ${fault.file} at ${fault.at})`
    case 'cutFile':
      return `a file of ${member} is cut off (${fault.part} ${fault.file} at ${fault.at})`
    case 'loseWrite':
      return `next write of ${member} is lost (${fault.part})`
    case 'misdirectWrite':
      return `next write of ${member} is misdirected (${fault.part})`
    case 'misdirectRead':
      return `next read of ${member} is misdirected (${fault.part})`
    case 'loseDisk':
      return `${member} loses its disk`
    default:
      return unreachable(fault)
  }
}
