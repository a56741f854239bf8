import { expect, test } from 'vitest'
import { addressOf, urlProblem, withPort } from './node-url.ts'

test.each([
  ['http://h:80', 'h', 80],
  ['https://h:443', 'h', 443],
  ['http://h:443', 'h', 443],
  ['https://h:80', 'h', 80],
  ['https://[::1]:443', '::1', 443],
  ['http://[::1]:80/', '::1', 80],
  ['http://h:0080', 'h', 80],
  ['http://h:0', 'h', 0],
  ['https://h:2379', 'h', 2379],
])('the address of %s is its host and the port that is written there', (url, host, port) => {
  expect(addressOf(url)).toEqual({ host, port })
})

test("where no port is written, the address is at the scheme's own", () => {
  expect(addressOf('http://h')).toEqual({ host: 'h', port: 80 })
  expect(addressOf('https://[::1]')).toEqual({ host: '::1', port: 443 })
})

test.each([
  ['http://h', 'http://h:2379'],
  ['https://[::1]/', 'https://[::1]:2379'],
  ['http://h:80', 'http://h:80'],
  ['http://h:80?', 'http://h:80'],
  ['HTTPS://H:0443', 'https://h:443'],
  ['http://h:0', 'http://h:0'],
])('%s is spelled out as %s', (text, spelledOut) => {
  expect(withPort(text, 2379)).toBe(spelledOut)
  expect(addressOf(withPort(text, 2379)).port).toBe(Number(spelledOut.replace(/.*:/, '')))
})

test.each([
  ['h:2379', 'the scheme must be http or https'],
  ['http://h:80000', 'not a URL'],
  ['http://h/x', 'a URL here has no path'],
  ['http://h:1', null],
])('of %s the problem is %j', (text, problem) => {
  expect(urlProblem(text)).toBe(problem)
})
