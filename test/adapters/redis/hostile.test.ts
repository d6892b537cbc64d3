import { createServer, type Server, type Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { FrameGuard } from '../../../src/adapters/redis/frame-guard.js'
import { IntegrationError } from '../../../src/core/errors.js'
import { until, within } from '../../support/adapter-context.js'
import { bare, Messages } from './fixture.js'

/** A server that answers each command with what it is told; by default as Redis answers a greeting. */
async function hostile(answer: (command: string, socket: Socket) => string | undefined): Promise<number> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => {})
    socket.on('data', (chunk) => {
      for (const command of chunk.toString('latin1').match(/\*\d+\r\n\$\d+\r\n\w+/g) ?? []) {
        const name = command.split('\r\n')[2]!.toLowerCase()
        socket.write(answer(name, socket) ?? (name === 'hello' ? '%0\r\n' : '+OK\r\n'), 'latin1')
      }
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return (server.address() as { port: number }).port
}

const GARBAGE: readonly [string, string][] = [
  ['no RESP at all', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
  ['an unknown type', '@5\r\n'],
  ['a length that is none', '$abc\r\n'],
  ['a negative length', '$-5\r\n'],
  ['a length without end', `$${'9'.repeat(40)}\r\n`],
  ['a text of a terabyte', '$1000000000000\r\nx'],
  ['an array of a billion', '*1000000000\r\n'],
  ['nesting without end', '*1\r\n'.repeat(1_000)],
  ['a line without end', `+${'x'.repeat(100_000)}`],
  ['nothing but zeros', '\0'.repeat(1_000)],
]

describe('a server that answers with', () => {
  it.each(GARBAGE)('%s is refused while connecting', async (_what, bytes) => {
    const { adapter } = bare(await hostile(() => bytes))
    const error = await adapter.connect(AbortSignal.timeout(2_000)).catch((failure: unknown) => failure)
    expect(error).toBeInstanceOf(IntegrationError)
    expect(error).toMatchObject({ kind: 'connection' })
  })

  it.each(GARBAGE)('%s to a command is a lost connection', async (_what, bytes) => {
    const port = await hostile((name) => (name === 'xadd' ? bytes : undefined))
    const { adapter, context } = bare(port, { limits: { memory: 1e9, frame: 1_000_000 } })
    await adapter.connect(AbortSignal.timeout(2_000))
    const error = await adapter
      .queue!.enqueue('q', Buffer.from('x'), {}, within())
      .catch((failure: unknown) => failure)
    expect(error).toMatchObject({ kind: 'connection' })
    await until(() => context.lost.length === 1, 'the loss')
    expect(context.lost[0]!.message).toMatch(/127\.0\.0\.1:\d+ sent a|no answer from/)
  })
})

it('more answers than questions are a lost connection', async () => {
  const { adapter, context } = bare(
    await hostile((name) => (name === 'xadd' ? '+1-1\r\n+OK\r\n:5\r\n' : undefined)),
  )
  await adapter.connect(AbortSignal.timeout(2_000))
  const answer = adapter.queue!.enqueue('q', Buffer.from('x'), {}, within())
  await expect(answer).rejects.toMatchObject({
    kind: 'connection',
    message: expect.stringMatching(/more replies/),
  })
  await until(() => context.lost.length === 1, 'the loss')
})

it.each([
  ['>3\r\n$7\r\nmessage\r\n$1\r\nt\r\n:5\r\n'],
  ['>1\r\n$7\r\nmessage\r\n'],
  ['>3\r\n$8\r\npmessage\r\n_\r\n_\r\n'],
  ['>2\r\n$9\r\nsubscribe\r\n_\r\n'],
  ['>3\r\n:1\r\n:2\r\n:3\r\n'],
  ['>0\r\n'],
  ['>1\r\n_\r\n'],
])('a push that is none of the known ones (%j) throws nowhere', async (push) => {
  const uncaught: unknown[] = []
  const onUncaught = (error: unknown) => uncaught.push(error)
  process.prependListener('uncaughtException', onUncaught)
  onTestFinished(() => void process.off('uncaughtException', onUncaught))
  const port = await hostile((name) =>
    name === 'subscribe'
      ? `>3\r\n$9\r\nsubscribe\r\n$1\r\nt\r\n:1\r\n${push}>3\r\n$7\r\nmessage\r\n$1\r\nt\r\n$2\r\nok\r\n`
      : undefined,
  )
  const { adapter, context } = bare(port)
  await adapter.connect(AbortSignal.timeout(2_000))
  const sink = new Messages()
  await adapter.pubsub!.subscribe('t', {}, sink, within()).catch((error: unknown) => {
    expect(error).toMatchObject({ kind: 'connection', message: expect.stringMatching(/unknown shape/) })
  })
  await until(() => sink.texts.includes('ok') || context.lost.length > 0, 'the good message, or the end')
  await new Promise((resolve) => setImmediate(resolve))
  expect(uncaught).toEqual([])
})

it('messages larger than the limit end the connection', async () => {
  const port = await hostile((name) =>
    name === 'subscribe'
      ? '>3\r\n$9\r\nsubscribe\r\n$1\r\nt\r\n:1\r\n>3\r\n$7\r\nmessage\r\n$1\r\nt\r\n$5000\r\n'
      : undefined,
  )
  const { adapter, context } = bare(port, { limits: { memory: 1e9, frame: 4_096 } })
  await adapter.connect(AbortSignal.timeout(2_000))
  await expect(adapter.pubsub!.subscribe('t', {}, new Messages(), within())).rejects.toMatchObject({
    kind: 'connection',
  })
  await until(() => context.lost.length === 1, 'the loss')
  expect(context.lost[0]!.message).toMatch(/more than 4096 bytes/)
})

describe('the frame guard', () => {
  const stream = Buffer.from(
    '+OK\r\n-ERR x\r\n:5\r\n$-1\r\n*-1\r\n_\r\n#t\r\n,1.5\r\n(123\r\n$5\r\na\r\nbc\r\n*0\r\n%1\r\n+k\r\n*2\r\n$0\r\n\r\n~1\r\n=7\r\ntxt:abc\r\n>3\r\n$7\r\nmessage\r\n$1\r\nt\r\n$3\r\nabc\r\n',
  )

  it.each([1, 2, 3, 7, 1_000])('lets pass what Redis sends, in pieces of %i', (size) => {
    const guard = new FrameGuard(64)
    for (let round = 0; round < 3; round++)
      for (let at = 0; at < stream.length; at += size)
        expect(guard.check(stream.subarray(at, at + size))).toBeUndefined()
  })

  it('counts a frame from its beginning to its end', () => {
    const entry = Buffer.from(`$20\r\n${'x'.repeat(20)}\r\n`)
    const single = new FrameGuard(60)
    for (let n = 0; n < 10; n++) expect(single.check(entry)).toBeUndefined()
    const nested = new FrameGuard(60)
    expect(nested.check(Buffer.from('*3\r\n'))).toBeUndefined()
    expect([entry, entry, entry].map((each) => nested.check(each))).toContain('a frame of more than 60 bytes')
  })
})
