import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { type KeyFileOptions, openKeyStore } from '../../../src/actor/routes/key-file.js'
import { SeenKeys } from '../../../src/actor/routes/seen-keys.js'
import { ManualClock } from '../../../src/testing/index.js'
import { failingFiles } from '../../buffer/failing-files.js'

async function rig(more: Partial<KeyFileOptions> = {}) {
  const parent = await mkdtemp(join(tmpdir(), 'nemo-keys-'))
  onTestFinished(() => rm(parent, { recursive: true, force: true }))
  const clock = new ManualClock()
  const faults: string[] = []
  const options: KeyFileOptions = {
    folder: join(parent, 'keys'),
    windowMs: 1e9,
    clock,
    owner: 'route r',
    onFault: (reason) => faults.push(reason),
    ...more,
  }
  const open = async () => {
    const { known, over } = await openKeyStore(options)
    const seen = new SeenKeys(clock, options.windowMs, 1_000, known)
    const store = over(seen)
    const add = (key: string) => store.add(key, seen.accepted(key, undefined))
    return { keys: known.map(([key]) => key), store, add }
  }
  return { options, clock, faults, open }
}

test('keys are kept over restarts, and a line that a crash cut off is skipped', async () => {
  const { open } = await rig()
  const first = await open()
  await Promise.all(['a', 'b\n"'].map(first.add))
  await first.store.close()
  const second = await open()
  expect(second.keys).toEqual(['a', 'b\n"'])
  await second.store.close()
})

test('a folder that was removed is made again with all keys', async () => {
  const { options, open } = await rig()
  const { add, store } = await open()
  await add('a')
  await rm(options.folder, { recursive: true })
  await add('b')
  await add('c')
  await store.close()
  const again = await open()
  expect(again.keys).toEqual(['a', 'b', 'c'])
  await again.store.close()
})

test('a disk that is full is reported and left alone for a while; then all keys are written', async () => {
  let isFull = false
  let writes = 0
  const files = failingFiles((operation, path) => {
    if (!isFull || !path.includes('keys') || !['appendFile', 'open'].includes(operation)) return undefined
    writes++
    return 'ENOSPC'
  })
  const { options, clock, faults, open } = await rig({ files })
  const { add, store } = await open()
  await add('a')
  isFull = true
  for (let n = 0; n < 20; n++) await add(`full ${n}`)
  expect(writes).toBe(1)
  expect(faults).toEqual([expect.stringContaining('ENOSPC')])
  isFull = false
  await clock.advance(1_000)
  await add('z')
  const lines = (await readFile(join(options.folder, 'keys'), 'utf8')).trim().split('\n')
  expect(lines).toHaveLength(22)
  await store.close()
})

test('two routes cannot use one folder', async () => {
  const { options, open } = await rig()
  const first = await open()
  await expect(openKeyStore({ ...options, owner: 'route s' })).rejects.toThrow('route r')
  await first.store.close()
  await (await open()).store.close()
})

test('a folder for keys that cannot be used is an error of the configuration, in words', async () => {
  const { options } = await rig()
  const file = options.folder
  await writeFile(file, '')
  await expect(openKeyStore(options)).rejects.toMatchObject({
    kind: 'config',
    message: `cannot open the keys of idempotency in ${file}: the path is not a folder`,
  })
  await expect(openKeyStore({ ...options, folder: join(file, 'below') })).rejects.toMatchObject({
    message: expect.stringContaining('a part of the path is not a folder'),
  })
})
