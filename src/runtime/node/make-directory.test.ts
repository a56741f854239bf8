import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { DiskError } from '../disk.ts'
import { nodeDisk } from './disk.ts'
import { makeDirectory } from './make-directory.ts'

const directory = mkdtempSync(join(tmpdir(), 'quorate-make-'))
afterAll(() => rmSync(directory, { recursive: true }))

function kindOf(path: string): string {
  try {
    nodeDisk().makeDirectory(path)
  } catch (error) {
    return (error as DiskError).kind
  }
  return 'none'
}

test('a directory is made with its parents, for its owner only, and may exist', () => {
  for (const path of [
    join(directory, 'a/b/c'),
    join(directory, 'a/b/c'),
    `${directory}/x/../y/`,
    directory,
  ]) {
    makeDirectory(path)
    expect(statSync(path).isDirectory()).toBe(true)
  }
  expect(statSync(join(directory, 'a')).mode & 0o777).toBe(0o700)
})

test('a disk that is read-only is reported as that, with parents missing or not', () => {
  const refuse = (path: string): void => {
    throw Object.assign(new Error(`EROFS: ${path}`), { code: 'EROFS' })
  }
  expect(() => makeDirectory(join(directory, 'read-only'), refuse)).toThrow('EROFS')
  const onlyOnTop = (path: string): void => {
    if (existsSync(join(path, '..'))) refuse(path)
    mkdirSync(path)
  }
  expect(() => makeDirectory(join(directory, 'read-only/below'), onlyOnTop)).toThrow('EROFS')
})

test('where none can be made, it says so and ends', () => {
  writeFileSync(join(directory, 'file'), '')
  symlinkSync(join(directory, 'nowhere'), join(directory, 'dangling'))
  expect(kindOf('')).toBe('notFound')
  expect(kindOf('/proc/zz/data')).toBe('notFound')
  expect(kindOf(join(directory, 'file'))).toBe('exists')
  expect(kindOf(join(directory, 'file/below'))).toBe('notFound')
  expect(kindOf(join(directory, 'dangling/below'))).toBe('exists')
})
