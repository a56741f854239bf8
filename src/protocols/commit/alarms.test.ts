import { expect, test } from 'vitest'
import { randomFromSeed } from '../../core/prng.ts'
import { type Instant, NEVER } from '../../core/time.ts'
import { Alarms } from './alarms.ts'

test('alarms ring in order of time, once, as they were set last', () => {
  for (let seed = 1; seed <= 60; seed++) {
    const random = randomFromSeed(seed)
    const alarms = new Alarms()
    const model = new Map<string, number>()
    let now = 0
    for (let step = 0; step < 60; step++) {
      const name = `${random.below(8)}`
      const draw = random.below(4)
      if (draw < 2) {
        const at = now + random.below(20)
        alarms.set(name, at as Instant)
        model.set(name, at)
      } else if (draw === 2) {
        alarms.clear(name)
        model.delete(name)
      } else {
        now += random.below(15)
        for (let rung = alarms.takeDue(now as Instant); rung !== undefined; ) {
          const soonest = Math.min(...model.values())
          expect(model.get(rung)).toBe(soonest)
          model.delete(rung)
          rung = alarms.takeDue(now as Instant)
        }
        expect([...model.values()].every(at => at > now)).toBe(true)
      }
      expect(alarms.next()).toBe(model.size === 0 ? NEVER : Math.min(...model.values()))
      expect(alarms.has(name)).toBe(model.has(name))
    }
  }
})
