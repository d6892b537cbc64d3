import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, test, vi } from 'vitest'
import { onAbort, sharedController } from '../../src/core/abort.js'

test('all tasks of a signal share one listener, which is there while there are tasks', () => {
  const controller = new AbortController()
  const added = vi.spyOn(controller.signal, 'addEventListener')
  const removed = vi.spyOn(controller.signal, 'removeEventListener')
  const forget = [1, 2, 3].map(() => onAbort(controller.signal, () => {}))
  expect(added).toHaveBeenCalledTimes(1)
  for (const each of [...forget, ...forget]) each()
  expect(removed).toHaveBeenCalledTimes(1)
  const called: number[] = []
  for (const n of [1, 2, 3]) onAbort(controller.signal, () => called.push(n))
  expect(added).toHaveBeenCalledTimes(2)
  controller.abort()
  expect(called).toEqual([1, 2, 3])
})

test('a task that was taken back is not called', () => {
  const controller = new AbortController()
  const called: string[] = []
  onAbort(controller.signal, () => called.push('first'))
  onAbort(controller.signal, () => called.push('never'))()
  controller.abort()
  expect(called).toEqual(['first'])
})

test('a shared controller aborts like any other', () => {
  const controller = sharedController()
  controller.abort('why')
  expect(controller.signal.reason).toBe('why')
})

test('a thousand requests, calls of a batch and waits with one signal make Node warn of nothing', async () => {
  const program = new URL('../fixtures/one-signal.js', import.meta.url).pathname
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [program])
  expect(stdout).toBe('done\n')
  expect(stderr).toBe('')
})
