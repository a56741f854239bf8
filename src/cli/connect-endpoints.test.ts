import { expect, test } from 'vitest'
import { connectEndpoints } from './connect-endpoints.ts'

test.each([
  ['http://h:80', 'h:80'],
  ['https://h:443', 'h:443'],
  ['h:443', 'h:443'],
  ['http://h', 'h:2379'],
  ['https://h/', 'h:2379'],
  ['h', 'h:2379'],
])("%s is dialled at %s: the port that is written there, or else etcd's", (text, endpoint) => {
  const { client, perEndpoint } = connectEndpoints(text)
  client.close()
  for (const { client: own } of perEndpoint) own.close()
  expect(perEndpoint.map(one => one.endpoint)).toEqual([endpoint])
})

test.each(['http://h:0', 'http://h:65536', 'http://h:', 'ftp://h:1'])('%s is no endpoint', text => {
  expect(() => connectEndpoints(text)).toThrow(`not an endpoint: ${text}`)
})
