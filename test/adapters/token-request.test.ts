import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import type { AddressInfo } from 'node:net'
import tls from 'node:tls'
import { expect, onTestFinished, test, vi } from 'vitest'
import { tokenRequest } from '../../src/adapters/token-request.js'
import { temporaryFiles } from '../support/authority.js'
import { LOCALHOST_CERT, LOCALHOST_KEY, OTHER_CERT, TEST_CA } from '../support/certificates.js'

test('the authorities are parsed when their file has changed, not for each request', async () => {
  const server = createServer({ cert: LOCALHOST_CERT, key: LOCALHOST_KEY }, (_, response) =>
    response.end('{}'),
  )
  onTestFinished(() => void server.close())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { ca, remove } = temporaryFiles({ ca: TEST_CA })
  onTestFinished(remove)
  const parse = vi.spyOn(tls, 'createSecureContext')
  syncBuiltinESMExports()
  onTestFinished(() => {
    parse.mockRestore()
    syncBuiltinESMExports()
  })

  const url = `https://localhost:${(server.address() as AddressInfo).port}/`
  const ask = () =>
    tokenRequest(
      url,
      { method: 'POST', headers: {}, body: 'token=x' },
      { verifyServer: true, caCert: ca },
      'api',
      new AbortController().signal,
    )
  for (let i = 0; i < 5; i++) expect((await ask()).status).toBe(200)
  expect(parse).toHaveBeenCalledTimes(1)
  writeFileSync(ca, OTHER_CERT)
  await expect(ask()).rejects.toThrow()
})
