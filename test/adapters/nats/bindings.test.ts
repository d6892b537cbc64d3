import { expect, test } from 'vitest'
import { Bindings } from '../../../src/adapters/nats/bindings.js'
import { API_ERROR, type JetStream, JetStreamApiError } from '../../../src/adapters/nats/client/jetstream.js'
import { type NatsConfig, natsManifest } from '../../../src/adapters/nats/manifest.js'

const OVERLAP = new JetStreamApiError(
  API_ERROR.subjectsOverlap,
  400,
  'subjects overlap with an existing stream',
)
const NO_STREAM = new JetStreamApiError(API_ERROR.streamNotFound, 404, 'stream not found')
const JOBS = { config: { name: 'JOBS', subjects: ['jobs'] } }

/** An API of JetStream that answers one call after the other as `answers` say. */
function scripted(name: string | undefined, answers: readonly (object | Error)[]) {
  const left = [...answers]
  const call = async (): Promise<object> => {
    const answer = left.shift()
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error('no further call expected')
    return answer
  }
  const stream = name === undefined ? {} : { name }
  const bindings = new Bindings(
    { call } as unknown as JetStream,
    natsManifest.config.parse({ stream }) as NatsConfig,
    '2.9.10',
  )
  return { bound: bindings.stream('jobs', 'jobs', 0), left }
}

/** nats-server 2.9.10 says so of the very stream that it makes for somebody else: once in some thousand times. */
test.each([
  ['of a name', 'JOBS', [NO_STREAM, OVERLAP, JOBS]],
  ['of the queue', undefined, [{}, OVERLAP, { streams: ['JOBS'] }]],
])(
  'a stream %s that somebody makes at the same time is bound, also when it overlaps ours',
  async (_, name, answers) => {
    const { bound, left } = scripted(name, answers)
    expect(await bound).toBe('JOBS')
    expect(left).toEqual([])
  },
)

test.each([
  ['of a name', 'JOBS', [NO_STREAM, OVERLAP, NO_STREAM]],
  ['of the queue', undefined, [{}, OVERLAP, {}]],
])('a stream %s that overlaps another one is refused with what the server says', async (_, name, answers) => {
  const { bound } = scripted(name, answers)
  await expect(bound).rejects.toBe(OVERLAP)
})
