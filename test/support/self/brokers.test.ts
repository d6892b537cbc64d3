import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type BrokerName, type FetchBroker, findBroker } from '../brokers.js'

/** Installed nowhere, so that it has to be fetched. */
const NAME = 'no-such-server' as BrokerName

let cache: string

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'nemo-cache-'))
})

afterEach(() => rm(cache, { recursive: true }))

test('a server that has to be fetched is fetched once, and found in the cache afterwards', async () => {
  let fetched = 0
  const fetch: FetchBroker = async (name, root) => {
    fetched++
    await mkdir(join(root, 'usr/sbin'), { recursive: true })
    await writeFile(join(root, 'usr/sbin', name), '#!/bin/sh\n')
    await chmod(join(root, 'usr/sbin', name), 0o755)
  }
  const found = await Promise.all([findBroker(NAME, { cache, fetch }), findBroker(NAME, { cache, fetch })])
  const command = join(cache, NAME, 'usr/sbin', NAME)
  expect(found.map((program) => program.command)).toEqual([command, command])
  expect(found[0]!.env.LD_LIBRARY_PATH).toContain(join(cache, NAME, 'usr/lib'))
  expect((await findBroker(NAME, { cache, fetch })).command).toBe(command)
  expect(fetched).toBe(1)
})

test('one that is installed is taken as it is', async () => {
  const fetch: FetchBroker = () => Promise.reject(new Error('nothing is to be fetched'))
  const sh = await findBroker('sh' as BrokerName, { cache, fetch })
  expect(sh.command).toMatch(/\/sh$/)
  expect(sh.env).toBe(process.env)
})

test('one that cannot be had is named, with what to do and why', async () => {
  const fails: FetchBroker = () => Promise.reject(new Error('Unable to locate package'))
  await expect(findBroker(NAME, { cache, fetch: fails })).rejects.toThrow(
    /no-such-server is needed for this test.*install the package.*Unable to locate package/,
  )
  const empty: FetchBroker = () => Promise.resolve()
  await expect(findBroker(NAME, { cache, fetch: empty })).rejects.toThrow(/has no such program/)
})
