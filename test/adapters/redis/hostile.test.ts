import { describe, expect, it, onTestFinished } from 'vitest'
import { elidedSize, elidedText } from '../../../src/adapters/redis/client/elision.js'
import { FrameGuard } from '../../../src/adapters/redis/client/frame-guard.js'
import { IntegrationError } from '../../../src/core/errors/integration-error.js'
import { until, within } from '../../support/adapter-context.js'
import { bare, Messages } from './fixture.js'
import { hostile } from './hostile-server.js'

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
    expect(context.lost[0]!.message).toMatch(/127\.0\.0\.1:\d+ sent a|did not answer PING/)
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
  let refused = false
  await adapter.pubsub!.subscribe('t', {}, sink, within()).catch((error: unknown) => {
    refused = true
    expect(error).toMatchObject({ kind: 'connection', message: expect.stringMatching(/unknown shape/) })
  })
  const ended = () => refused || sink.errors.length > 0 || context.lost.length > 0
  await until(() => sink.texts.includes('ok') || ended(), 'the good message, or the end')
  await new Promise((resolve) => setImmediate(resolve))
  expect(uncaught).toEqual([])
})

it('a message larger than the limit is counted as lost, and the connection goes on', async () => {
  const port = await hostile((name) =>
    name === 'subscribe'
      ? `>3\r\n$9\r\nsubscribe\r\n$1\r\nt\r\n:1\r\n>3\r\n$7\r\nmessage\r\n$1\r\nt\r\n$5000\r\n${'x'.repeat(5_000)}\r\n` +
        '>3\r\n$7\r\nmessage\r\n$1\r\nt\r\n$2\r\nok\r\n'
      : undefined,
  )
  const { adapter, context } = bare(port, { limits: { memory: 1e9, frame: 4_096 } })
  await adapter.connect(AbortSignal.timeout(2_000))
  const sink = new Messages()
  await adapter.pubsub!.subscribe('t', {}, sink, within())
  await until(() => sink.texts.includes('ok'), 'the message after it')
  expect(sink.losses).toEqual([
    [1, 'a message of 5000 bytes on "t" is larger than limits.frame (4096 bytes)'],
  ])
  expect(context.lost).toEqual([])
})

describe('the frame guard', () => {
  const stream = Buffer.from(
    '+OK\r\n-ERR x\r\n:5\r\n$-1\r\n*-1\r\n_\r\n#t\r\n,1.5\r\n(123\r\n$5\r\na\r\nbc\r\n*0\r\n%1\r\n+k\r\n*2\r\n$0\r\n\r\n~1\r\n=7\r\ntxt:abc\r\n>3\r\n$7\r\nmessage\r\n$1\r\nt\r\n$3\r\nabc\r\n',
  )

  const read = (guard: FrameGuard, bytes: Uint8Array) => {
    const pieces = guard.filter(bytes)
    return typeof pieces === 'string' ? pieces : Buffer.concat(pieces)
  }

  it.each([1, 2, 3, 7, 1_000])('lets pass what Redis sends, in pieces of %i', (size) => {
    const guard = new FrameGuard(64)
    const passed: (Buffer | string)[] = []
    for (let round = 0; round < 3; round++)
      for (let at = 0; at < stream.length; at += size)
        passed.push(read(guard, stream.subarray(at, at + size)))
    expect(passed.every((each) => Buffer.isBuffer(each))).toBe(true)
    expect(Buffer.concat(passed as Buffer[])).toEqual(Buffer.concat([stream, stream, stream]))
  })

  it.each([1, 2, 3, 7, 50, 1_000])('elides what is too large and nothing else, in pieces of %i', (size) => {
    const guard = new FrameGuard(64)
    const large = Buffer.from(`*2\r\n$3\r\nabc\r\n$200\r\n${'\r\n'.repeat(100)}\r\n$2\r\nok\r\n`)
    const passed: (Buffer | string)[] = []
    for (let at = 0; at < large.length; at += size) passed.push(read(guard, large.subarray(at, at + size)))
    const text = elidedText(200)
    expect(Buffer.concat(passed as Buffer[])).toEqual(
      Buffer.concat([Buffer.from('*2\r\n$3\r\nabc\r\n'), text, Buffer.from('$2\r\nok\r\n')]),
    )
    expect(elidedSize(text.subarray(text.indexOf('\n') + 1, -2))).toBe(200)
    expect(elidedSize(Buffer.from('x'.repeat(text.length)))).toBeUndefined()
  })

  it('elides what makes a reply too large, counted from its beginning to its end', () => {
    const entry = Buffer.from(`$20\r\n${'x'.repeat(20)}\r\n`)
    const single = new FrameGuard(60)
    for (let n = 0; n < 10; n++) expect(read(single, entry)).toEqual(entry)
    const nested = new FrameGuard(60)
    const header = Buffer.from('*3\r\n')
    expect(read(nested, header)).toEqual(header)
    expect([entry, entry, entry].map((each) => read(nested, each))).toEqual([entry, entry, elidedText(20)])
    expect(read(nested, entry)).toEqual(entry)
  })

  it('refuses a reply with more elements than have room', () => {
    expect(read(new FrameGuard(60), Buffer.from('*1000\r\n'))).toMatch(/a frame of more than 60 bytes/)
  })
})
