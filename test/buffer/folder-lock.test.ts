import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { describe, expect, onTestFinished, test } from 'vitest'
import { ConfigError } from '../../src/index.js'
import { openBuffer, openForTest, readCount, temporaryFolder, textOf } from './folder.js'

/** A process that holds a folder. */
async function holder(folder: string) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'holder-process.js'), folder], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child
}

const locks = async (folder: string) => (await readdir(folder)).filter((name) => name.startsWith('lock'))

describe('the lock of a folder', () => {
  test('refuses a second buffer in this process, and says who has the folder', async () => {
    const folder = await temporaryFolder()
    const first = await openBuffer(folder, { owner: 'route "orders"' })
    const error = await openBuffer(folder).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(ConfigError)
    expect(error).toMatchObject({ code: 'in-use', retryable: true })
    expect(error.message).toContain(`route "orders" (process ${process.pid}`)
    await first.buffer.close()
    await openForTest(folder)
  })

  test('refuses another process, and is free once that was killed', async () => {
    const folder = await temporaryFolder()
    const child = await holder(folder)
    const error = await openBuffer(folder).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'in-use' })
    expect(error.message).toContain(`route "orders" (process ${child.pid} on `)
    child.kill('SIGKILL')
    await once(child, 'exit')
    await openForTest(folder)
    expect(await locks(folder)).toEqual(['lock.2'])
  })

  test.runIf(process.platform === 'linux')('is free once the thread that had it was ended', async () => {
    const folder = await temporaryFolder()
    const thread = new Worker(join(import.meta.dirname, 'holder-thread.js'), { workerData: folder })
    onTestFinished(() => void thread.terminate())
    await once(thread, 'message')
    await expect(openBuffer(folder)).rejects.toMatchObject({ code: 'in-use' })
    await thread.terminate()
    const { buffer } = await openForTest(folder)
    expect((await readCount(buffer, 1)).map(textOf)).toEqual(['from a thread'])
  })

  test('goes to one of many that want it at once', async () => {
    const folder = await temporaryFolder()
    const child = await holder(folder)
    child.kill('SIGKILL')
    await once(child, 'exit')
    for (let round = 0; round < 20; round++) {
      const opened = await Promise.allSettled(Array.from({ length: 8 }, () => openBuffer(folder)))
      const winners = opened.flatMap((each) => (each.status === 'fulfilled' ? [each.value.buffer] : []))
      expect(winners).toHaveLength(1)
      for (const each of opened)
        if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'in-use' })
      await winners[0]!.close()
    }
  })

  test('goes to one of many processes that want it at once', async () => {
    const folder = await temporaryFolder()
    const children = Array.from({ length: 4 }, () =>
      spawn(process.execPath, [join(import.meta.dirname, 'holder-process.js'), folder], { stdio: 'pipe' }),
    )
    onTestFinished(() => {
      for (const child of children) child.kill('SIGKILL')
    })
    const outcomes = await Promise.all(
      children.map((child) =>
        Promise.race([
          once(child.stdout, 'data').then(() => 'open'),
          once(child, 'exit').then(() => 'refused'),
        ]),
      ),
    )
    expect(outcomes.sort()).toEqual(['open', 'refused', 'refused', 'refused'])
  })

  test('of another machine holds while it is touched', async () => {
    const folder = await temporaryFolder()
    const lock = join(folder, 'lock.7')
    await writeFile(
      lock,
      JSON.stringify({ host: 'elsewhere', pid: 1, started: '5', owner: 'route "orders"' }),
    )
    const error = await openBuffer(folder).catch((thrown) => thrown)
    expect(error).toMatchObject({ code: 'in-use' })
    expect(error.message).toContain('(process 1 on elsewhere)')
    const past = new Date(Date.now() - 60_000)
    await utimes(lock, past, past)
    await openForTest(folder)
    expect(await locks(folder)).toEqual(['lock.8'])
  })

  test('is free where the number of its process went to another one', async () => {
    const folder = await temporaryFolder()
    const { buffer } = await openBuffer(folder)
    const [name] = await locks(folder)
    const content = JSON.parse(await readFile(join(folder, name!), 'utf8'))
    await buffer.close()
    // Process 1 runs, but it did not start then.
    await writeFile(join(folder, 'lock.2'), JSON.stringify({ ...content, pid: 1, started: '987654321' }))
    if (process.platform === 'linux') await openForTest(folder)
  })

  test.each(['', '{', 'null', '[]', '{"pid":"x"}'])('is free where its file contains %j', async (text) => {
    const folder = await temporaryFolder()
    await writeFile(join(folder, 'lock.3'), text)
    await openForTest(folder)
  })
})
