/** The verbs for what goes wrong: they reach the network, and are told. */
import { expect, test } from 'vitest'
import type { NodeId } from '../core/ids.ts'
import { CoreWorld } from '../sim/core-world.ts'
import { algorithmNamed } from './algorithms.ts'
import { RUN_MS_MAX } from './limits.ts'
import { Recorder } from './recorder.ts'
import { Stage, TimeIsOver } from './stage.ts'

const IDS = [1n, 2n, 3n, 4n].map(id => id as NodeId)

/** Nodes that do nothing: what is looked at are the links between them. */
function idleStage(): { readonly stage: Stage; readonly recorder: Recorder; readonly open: () => string[] } {
  const world = new CoreWorld<never, never, never>({
    seed: 1,
    nodes: IDS.length,
    quality: { delay: { minimumUs: 1000, meanUs: 1000 }, bytesPerMs: 0 },
    protocol: {
      create: () => ({
        step: () => {},
        deadline: () => Number.POSITIVE_INFINITY as never,
        check: () => {},
        describe: () => 'idle',
      }),
      encode: () => {},
      decode: () => undefined as never,
    },
    perform: () => {},
  })
  const recorder = new Recorder(IDS)
  const stage = new Stage(world, recorder)
  const names = IDS.map(String)
  const links = names.flatMap(from => names.filter(to => to !== from).map(to => [from, to] as const))
  const open = (): string[] =>
    links.filter(([from, to]) => !world.network.links.link(from, to).isCut).map(pair => pair.join('>'))
  return { stage, recorder, open }
}

test('a partition leaves nothing between its sides, nor to those who are in none of them', () => {
  const { stage, recorder, open } = idleStage()
  stage.partition([IDS[0]!, IDS[1]!])
  expect(open()).toEqual(['1>2', '2>1'])
  expect(recorder.partitions.at(-1)!.text).toBe('parted: 1 2 | 3 | 4')
  expect(stage.isNetworkWhole).toBe(false)
})

test('a partition takes the place of the one before it', () => {
  const { stage, open } = idleStage()
  stage.partition([IDS[0]!], IDS.slice(1))
  stage.partition(IDS.slice(0, 2), IDS.slice(2))
  expect(open()).toEqual(['1>2', '2>1', '3>4', '4>3'])
  stage.isolate(IDS[3]!)
  expect(open()).toEqual(['1>2', '1>3', '2>1', '2>3', '3>1', '3>2'])
})

test('healing ends what is cut, lost, down and paused', () => {
  const { stage, open } = idleStage()
  stage.partition([IDS[0]!])
  stage.cutOneWay(IDS[1]!, IDS[2]!)
  stage.loseSome(30)
  for (const id of IDS) stage.start(id)
  stage.crash(IDS[1]!)
  stage.pause(IDS[2]!)
  stage.healAll()
  expect(open().length).toBe(12)
  expect([stage.isNetworkWhole, stage.alive.length, stage.isPaused(IDS[2]!)]).toEqual([true, 4, false])
})

test('no run is longer than its limit, whatever its fault waits for', () => {
  const { stage } = idleStage()
  expect(() => stage.pass(RUN_MS_MAX + 1)).toThrow(TimeIsOver)
  expect(stage.nowMs).toBe(RUN_MS_MAX)
  expect(stage.until(() => false, 1000)).toBe(false)
  const raft = algorithmNamed('raft')!
  const play = {
    name: 'waiting',
    teaches: 'nothing',
    isLate: false,
    play: (subject: { stage: Stage }) => subject.stage.pass(10 * RUN_MS_MAX),
  }
  expect(raft.runPlay({ nodes: 1, seed: 1 }, play).endsAtUs).toBe(RUN_MS_MAX * 1000)
})
