import { describe, expect, it } from 'vitest'
import type { NodeId } from '../../core/ids.ts'
import type { Hello } from '../../wire/frame/index.ts'
import { PEER_ERRORS } from './complaints.ts'
import { judgeHello, judgeWelcome, makeHello } from './hello.ts'
import { PEER_VERSION_MAX, PEER_VERSION_MIN } from './limits.ts'

const own = { id: 1n as NodeId, cluster: 0xc1n, consensus: 'raft' }
const GONE = 8n as NodeId
const peer = { id: 2n as NodeId, cluster: 0xc1n, consensus: 'raft' }

describe('a greeting', () => {
  const judge = (change: Partial<Hello>): string => {
    const answer = judgeHello(own, { ...makeHello(peer, own.id, 'data'), ...change }, id =>
      id === peer.id ? 'member' : id === GONE ? 'removed' : 'stranger',
    )
    return 'reason' in answer ? answer.reason : 'welcome'
  }

  it('of a member to this node is welcome', () => {
    expect(judge({})).toBe('welcome')
  })

  it('is refused for exactly what is wrong with it, the cluster before all else', () => {
    expect(judge({ cluster: 0xc2n })).toBe('foreignCluster')
    expect(judge({ cluster: 0xc2n, receiver: 9n as NodeId })).toBe('foreignCluster')
    expect(judge({ receiver: 9n as NodeId })).toBe('misdirected')
    expect(judge({ sender: 9n as NodeId })).toBe('unknown')
    expect(judge({ sender: own.id })).toBe('unknown')
    expect(judge({ sender: GONE })).toBe('removed')
    expect(judge({ consensus: 'paxos' })).toBe('otherConsensus')
    expect(PEER_ERRORS.otherConsensus.code).toBe('QUORATE_PEER_OTHER_CONSENSUS')
  })

  it('of a stranger is welcome if it knows of changes that this node slept through', () => {
    const stranger = { sender: 9n as NodeId, address: { host: 'e', port: 2380 } }
    const judgedBy = (known: number, change: Partial<Hello>): boolean => {
      const here = { ...own, changes: () => known }
      const answer = judgeHello(here, { ...makeHello(peer, own.id, 'data'), ...change }, () => 'stranger')
      return !('reason' in answer)
    }
    expect(judgedBy(4, { ...stranger, changes: 5 })).toBe(true)
    expect(judgedBy(4, { ...stranger, changes: 4 })).toBe(false)
    // Nobody could answer it.
    expect(judgedBy(4, { ...stranger, changes: 5, address: { host: '', port: 0 } })).toBe(false)
    expect(judge({ sender: GONE, changes: 5 })).toBe('removed')
  })

  it('settles on the newest version that both speak, and is refused if there is none', () => {
    const newer = { versionMin: PEER_VERSION_MIN, versionMax: PEER_VERSION_MAX + 5 }
    const answer = judgeHello(own, { ...makeHello(peer, own.id, 'bulk'), ...newer }, () => 'member')
    expect(answer).toMatchObject({ version: PEER_VERSION_MAX })
    expect(judge({ versionMin: PEER_VERSION_MAX + 1, versionMax: PEER_VERSION_MAX + 2 })).toBe('version')
    expect(judge({ versionMin: 0, versionMax: PEER_VERSION_MIN - 1 })).toBe('version')
  })
})

describe('an answer', () => {
  const welcome = { version: PEER_VERSION_MAX, cluster: own.cluster, sender: peer.id }

  it('is checked by the node that dialled too', () => {
    expect(judgeWelcome(own, peer.id, welcome)).toBeUndefined()
    expect(judgeWelcome(own, peer.id, { ...welcome, cluster: 7n })?.reason).toBe('foreignCluster')
    expect(judgeWelcome(own, peer.id, { ...welcome, sender: 7n as NodeId })?.reason).toBe('misdirected')
    expect(judgeWelcome(own, peer.id, { ...welcome, version: PEER_VERSION_MAX + 1 })?.reason).toBe('version')
    expect(judgeWelcome(own, peer.id, { ...welcome, version: PEER_VERSION_MIN - 1 })?.reason).toBe('version')
  })
})
