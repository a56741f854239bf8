/**
 * A log that three machines keep alike, on bare Raft: `append` at whoever leads, and all who live have the same `lines`
 * in the same order. Mail and disk are an array here, and sockets and a log in a cluster.
 */
import { type Instant, type NodeId, type ProposalId, raft, randomFromSeed } from 'quorate/protocols/raft'

type Options = Parameters<typeof raft.create>[0]
type Node = ReturnType<typeof raft.create>
type Input = Parameters<Node['step']>[1][number]
const TIMES = { heartbeatIntervalMs: 20, electionTimeoutMs: 100, catchUpEntries: 0 }
const RECOVERED = { promise: undefined, base: undefined, entries: [], doubt: 'none' } as const

export class Machines {
  readonly nodes = new Map<bigint, Node>()
  readonly lines = new Map<bigint, string[]>()
  #now = 0
  #proposals = 0

  constructor(ids: readonly bigint[]) {
    const voters = ids.map(id => id as NodeId)
    const configuration = raft.bootstrap({ voters, learners: [] })
    const applied = { index: 0, ballot: 0, time: 0, configuration } as Options['applied']
    for (const id of voters) {
      const random = randomFromSeed(Number(id))
      this.nodes.set(id, raft.create({ id, random, applied, recovered: RECOVERED, ...TIMES }))
      this.lines.set(id, [])
    }
  }

  get leader(): bigint | undefined {
    return [...this.nodes].find(([, node]) => node.status().role === 'leader')?.[0]
  }

  append(line: string): void {
    const proposal = { id: ++this.#proposals as ProposalId, command: new TextEncoder().encode(line) }
    this.#run([[this.leader!, { kind: 'propose', proposals: [proposal] }]])
  }

  /** Millisecond by millisecond; whoever wants to be woken is woken. */
  pass(milliseconds: number): void {
    for (const end = this.#now + milliseconds * 1000; this.#now < end; this.#now += 1000)
      for (const id of this.nodes.keys()) this.#run([[id, { kind: 'deadline' }]])
  }

  #run(mail: [to: bigint, Input][]): void {
    for (let letter = mail.shift(); letter !== undefined; letter = mail.shift()) {
      const [id, input] = letter
      const effects: Parameters<Node['step']>[2] = []
      this.nodes.get(id)?.step(this.#now as Instant, [input], effects)
      for (const effect of effects) {
        if (effect.kind === 'persist') mail.push([id, { kind: 'persisted', token: effect.token }])
        if (effect.kind === 'send') mail.push([effect.to, { ...effect, kind: 'receive', from: id as NodeId }])
        for (const entry of effect.kind === 'committed' ? effect.entries : [])
          if (entry.kind === 'command') this.lines.get(id)!.push(new TextDecoder().decode(entry.data))
      }
    }
  }
}
