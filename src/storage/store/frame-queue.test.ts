import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FrameLinks, FrameQueue } from './frame-queue.ts'

const FRAMES = 8

it('frames leave queues that share their links in the order in which they came, or when they are taken out', () => {
  const step = fc.record({
    frame: fc.nat(FRAMES - 1),
    to: fc.constantFrom<0 | 1 | undefined>(0, 1, undefined),
    isShift: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const links = new FrameLinks(FRAMES)
      const queues = [new FrameQueue(links), new FrameQueue(links)] as const
      const model: [number[], number[]] = [[], []]
      for (const { frame, to, isShift } of steps) {
        const from = model.findIndex(frames => frames.includes(frame)) as 0 | 1 | -1
        if (isShift && to !== undefined && model[to].length > 0) {
          expect(queues[to].shift()).toBe(model[to].shift())
        } else if (from >= 0) {
          queues[from as 0 | 1].remove(frame)
          model[from as 0 | 1] = model[from as 0 | 1].filter(each => each !== frame)
        } else if (to !== undefined) {
          queues[to].push(frame)
          model[to].push(frame)
        }
        for (const i of [0, 1] as const) {
          expect([queues[i].length, queues[i].oldest]).toEqual([model[i].length, model[i][0] ?? -1])
        }
      }
    }),
  )
})
