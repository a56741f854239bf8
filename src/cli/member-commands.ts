/** `quorate member ...`: who the members are, and changes of that. Ids are hexadecimal, as etcd prints them. */
import { InvalidArgumentError } from 'commander'
import type { Client } from '../client/client.ts'
import type { Member } from '../client/index.ts'
import { print } from './output.ts'
import { formatTable } from './table.ts'

export interface MemberFlags {
  readonly json?: boolean
}

export interface AddFlags extends MemberFlags {
  readonly peerUrls: readonly string[]
  readonly learner?: boolean
  readonly promote?: boolean
}

export async function listMembers(client: Client, { json }: MemberFlags): Promise<void> {
  const { members } = await client.members()
  if (json) return print(JSON.stringify(members.map(toJson)))
  print(formatTable(['ID', 'STATUS', 'NAME', 'PEER URLS', 'CLIENT URLS', 'ROLE'], members.map(toRow)))
}

/** Also prints with which settings the new member's node is to be started, as etcdctl does. */
export async function addMember(client: Client, name: string, flags: AddFlags): Promise<void> {
  const isLearner = flags.learner === true || flags.promote === true
  const options = { isLearner, isToVote: flags.promote === true }
  const { member, members } = await client.cluster.add(flags.peerUrls, options)
  const settings = settingsOf(name, member, members)
  if (flags.json)
    return print(JSON.stringify({ member: toJson(member), members: members.map(toJson), settings }))
  print(`Member ${member.id.toString(16)} added${isLearner ? ' as a learner' : ''}. Start its node with:`)
  print('')
  for (const [variable, value] of Object.entries(settings)) print(`${variable}="${value}"`)
  print('')
  const flagged = Object.entries(settings).map(([variable, value]) => `${flagOf(variable)} ${value}`)
  print(`or: quorate server ${flagged.join(' ')}`)
}

export async function removeMember(client: Client, id: bigint, { json }: MemberFlags): Promise<void> {
  const { members } = await client.cluster.remove(id)
  tell(`Member ${id.toString(16)} removed: its node stops itself.`, members, json)
}

export async function updateMember(client: Client, id: bigint, flags: AddFlags): Promise<void> {
  const { members } = await client.cluster.update(id, flags.peerUrls)
  tell(
    `Member ${id.toString(16)} is reached at ${flags.peerUrls.join(',')} from now on.`,
    members,
    flags.json,
  )
}

export async function promoteMember(client: Client, id: bigint, { json }: MemberFlags): Promise<void> {
  const { members } = await client.cluster.promote(id)
  tell(`Member ${id.toString(16)} votes from now on.`, members, json)
}

/** An argument of the command line. */
export function memberId(text: string): bigint {
  if (!/^[0-9a-fA-F]{1,16}$/.test(text)) throw new InvalidArgumentError('Not the id of a member.')
  return BigInt(`0x${text}`)
}

function tell(sentence: string, members: readonly Member[], json: boolean | undefined): void {
  print(json ? JSON.stringify(members.map(toJson)) : sentence)
}

/** Members that have not started have no name: they go by it when they do. */
function settingsOf(name: string, added: Member, members: readonly Member[]): Record<string, string> {
  const named = members.filter(member => member.id === added.id || member.name !== '')
  const cluster = named.flatMap(member =>
    member.peerUrls.map(url => `${member.id === added.id ? name : member.name}=${url}`),
  )
  return {
    ETCD_NAME: name,
    ETCD_INITIAL_CLUSTER: cluster.join(','),
    ETCD_INITIAL_ADVERTISE_PEER_URLS: added.peerUrls.join(','),
    ETCD_INITIAL_CLUSTER_STATE: 'existing',
  }
}

function flagOf(variable: string): string {
  return `--${variable.slice('ETCD_'.length).toLowerCase().replaceAll('_', '-')}`
}

function toRow({ id, name, peerUrls, clientUrls, isLearner }: Member): string[] {
  const status = name === '' ? 'unstarted' : 'started'
  return [
    id.toString(16),
    status,
    name,
    peerUrls.join(','),
    clientUrls.join(','),
    isLearner ? 'learner' : 'voter',
  ]
}

function toJson({ id, name, peerUrls, clientUrls, isLearner }: Member): Record<string, unknown> {
  return { id: id.toString(16), name, peerUrls, clientUrls, isLearner }
}
