/** `quorate decide`: settles a key once and for all, or says what it was settled to. */
import type { Client } from '../client/client.ts'
import { jsonBytes } from './json-pair.ts'
import { print, printBytes } from './output.ts'

export async function decide(client: Client, key: string, value: string, isJson: boolean): Promise<void> {
  const { value: decided, revision, isOwn } = await client.decide(key, value)
  if (isJson) print(JSON.stringify({ ...jsonBytes('value', decided), revision, isOwn }))
  else printBytes(decided)
}
