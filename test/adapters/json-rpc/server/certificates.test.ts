import { once } from 'node:events'
import { renameSync, writeFileSync } from 'node:fs'
import { connect, type TLSSocket } from 'node:tls'
import { expect, onTestFinished, test } from 'vitest'
import { type Clock, systemClock } from '../../../../src/core/clock.js'
import { TestAuthority, temporaryFiles } from '../../../support/authority.js'
import { waitFor } from '../../../support/wait-for.js'
import { server } from './harness.js'

const ours = new TestAuthority()
const first = ours.issue({ name: 'first', hosts: ['127.0.0.1'] })
const second = ours.issue({ name: 'second', hosts: ['127.0.0.1'] })

/** A server over TLS whose clock looks at the files every few milliseconds. */
async function secure() {
  const files = temporaryFiles({ cert: first.cert, key: first.key })
  onTestFinished(files.remove)
  const clock: Clock = {
    ...systemClock,
    setTimer: (ms, task, options) => systemClock.setTimer(Math.min(ms, 20), task, options),
  }
  const { cert, key } = files
  const rig = await server({ echo: (params) => params }, { listen: { tls: { cert, key } }, clock })
  return { ...rig, files }
}

/** Replaces a file at once: the server never reads half of it. */
function replace(path: string, text: string): void {
  writeFileSync(`${path}.new`, text)
  renameSync(`${path}.new`, path)
}

async function dialTls(port: number): Promise<TLSSocket> {
  const socket = connect({ host: '127.0.0.1', port, ca: ours.ca })
  onTestFinished(() => void socket.destroy())
  await once(socket, 'secureConnect')
  return socket
}

async function shown(port: number): Promise<string> {
  const socket = await dialTls(port)
  const name = socket.getPeerCertificate().subject.CN
  socket.destroy()
  return String(name)
}

/** A request on a connection that is open already. */
async function answerOn(socket: TLSSocket): Promise<string> {
  const body = '{"jsonrpc":"2.0","method":"echo","params":[7],"id":1}'
  socket.write(
    `POST / HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body}`,
  )
  const [data] = (await once(socket, 'data')) as [Buffer]
  return String(data)
}

test('replaced files are shown to new connections, and those that are open go on', async () => {
  const { port, files, context } = await secure()
  const open = await dialTls(port)
  expect(await answerOn(open)).toContain('[7]')
  replace(files.key, second.key)
  replace(files.cert, second.cert)
  await waitFor(async () => (await shown(port)) === 'second', { what: 'the new certificate' })
  expect(await answerOn(open)).toContain('[7]')
  expect(context.lost).toEqual([])
})

test('files at fault leave those in use, with one warning for each fault', async () => {
  const { port, files, context } = await secure()
  replace(files.cert, second.cert.slice(0, 100))
  await waitFor(() => context.records.some(({ level }) => level === 'warn'), { what: 'the warning' })
  expect(await shown(port)).toBe('first')
  replace(files.cert, first.cert)
  replace(files.key, 'no key')
  const warned = () => context.records.filter(({ level }) => level === 'warn')
  await waitFor(() => warned().length === 2, { what: 'the second warning' })
  replace(files.cert, second.cert)
  replace(files.key, second.key)
  await waitFor(async () => (await shown(port)) === 'second', { what: 'the new certificate' })
  expect(warned()).toMatchObject([
    { reason: expect.stringContaining(files.cert) },
    { reason: expect.stringContaining(files.key) },
  ])
})

test('a key that does not belong to the certificate is refused at the start', async () => {
  const files = temporaryFiles({ cert: first.cert, key: second.key })
  onTestFinished(files.remove)
  const { cert, key } = files
  await expect(server({}, { listen: { tls: { cert, key } } })).rejects.toMatchObject({
    kind: 'connection',
    reason: expect.stringContaining(files.key),
  })
})
