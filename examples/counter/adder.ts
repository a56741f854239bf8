/**
 * A process that adds: `adder.ts NAME ENDPOINTS ADDITIONS`. It begins where its last addition that counts left off, as
 * it would after a crash of its own, and prints a line for each: `done 7`, or `unknown 7` if it cannot be told what
 * became of it yet.
 */
import { connectEndpoints } from '../../src/cli/connect-endpoints.ts'
import { amountOf, COUNTER } from './count-together.ts'
import { Counter } from './counter.ts'

const [name = '', endpoints = '', additions = ''] = process.argv.slice(2)
const { client } = connectEndpoints(endpoints)
const counter = new Counter(client, COUNTER, name)

async function last(): Promise<number> {
  for (;;) {
    try {
      return await counter.last()
    } catch (error) {
      console.error(`${name}: ${String(error)}`)
    }
  }
}

for (let number = (await last()) + 1; number <= Number(additions); ) {
  try {
    await counter.add(number, amountOf(number))
    console.log(`done ${number}`)
    number++
  } catch (error) {
    console.log(`unknown ${number}`)
    console.error(`${name}: ${String(error)}`)
  }
}
client.close()
