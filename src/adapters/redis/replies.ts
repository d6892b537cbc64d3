import type { Attempt } from '../../core/adapter/attempt.js'
import type { AdapterContext } from '../../core/adapter/protocol-adapter.js'
import { type Clock, every } from '../../core/clock.js'
import { ConnectionError } from '../../core/errors/connection.js'
import { SerializeError } from '../../core/errors/operation.js'
import type { IncomingAnswers } from '../../core/incoming-answers.js'
import type { Logger } from '../../core/telemetry.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { onFirstUse } from '../on-first-use.js'
import { type ExpectedReply, PendingReplies } from '../pending-replies.js'
import { rpcErrorOf } from '../rpc-errors.js'
import { elidedSize } from './client/elision.js'
import { runScript } from './commands.js'
import type { RedisConnection } from './connection.js'
import type { ConnectionPool, Purpose } from './connection-pool.js'
import { toStreams } from './entry.js'
import { entryBytes, readFields } from './fields.js'
import type { RedisConfig } from './manifest.js'
import { ReadBudget } from './read-budget.js'
import { replyStream } from './rpc-keys.js'
import { ANSWERS_KEPT_MS, KEEP_REPLIES } from './rpc-scripts.js'

const MOST_ENTRIES = 1_000
const PURPOSE: Purpose = { role: 'replies', what: 'the answers to calls' }
const BEGINNING = '0'

type Item = Parameters<typeof readFields>[0]

/**
 * Receives the answers to the calls of one pool. The first call creates a stream for them, which a separate connection
 * reads.
 */
export class Replies {
  readonly key: string
  /** Creates the stream and starts reading it. Rejects with what ioredis rejects with. */
  readonly listen: () => Promise<void>
  readonly #pool: ConnectionPool
  readonly #answers: IncomingAnswers
  readonly #clock: Clock
  readonly #log: Logger
  readonly #blockMs: number
  readonly #budget: ReadBudget
  readonly #pending: PendingReplies
  readonly #maxFrame: number
  #last = BEGINNING

  constructor(
    pool: ConnectionPool,
    format: WireFormat,
    { block, rpc }: RedisConfig,
    { answers, clock, random, log, settings }: AdapterContext,
  ) {
    this.#pool = pool
    this.#pending = new PendingReplies(format)
    this.#answers = answers
    this.#clock = clock
    this.#log = log
    this.#blockMs = block
    this.#maxFrame = settings.limits.frame
    this.#budget = new ReadBudget(this.#maxFrame)
    this.key = replyStream(rpc.prefix, random.uuid())
    this.listen = onFirstUse(() => this.#listen())
    pool.whenEnded(() => this.#pending.close(pool.ended ?? new ConnectionError('disconnected')))
  }

  /** Registers a call whose answer is expected until `context.signal` aborts. */
  expect(method: string, context: Attempt): ExpectedReply {
    return this.#pending.expect(method, context)
  }

  async #listen(): Promise<void> {
    await this.#keep()
    const connection = await this.#pool.dedicated(PURPOSE, this.key)
    const keeping = every(this.#clock, ANSWERS_KEPT_MS / 3, () => this.#keep().catch(ignore), {
      background: true,
    })
    this.#pool.whenEnded(() => keeping.cancel())
    this.#read(connection).catch((error: Error) => {
      if (this.#pool.ended !== undefined) return
      this.#log({ level: 'error', message: 'cannot read the answers to calls', reason: error.message })
      connection.fail(new ConnectionError(`cannot read the answers to calls: ${error.message}`))
    })
  }

  async #keep(): Promise<void> {
    const made = await runScript(this.#pool, KEEP_REPLIES, [this.key], [ANSWERS_KEPT_MS])
    // A new stream may begin with lower ids, because the clock of another master may be behind.
    if (made === 1) this.#last = BEGINNING
  }

  async #read(first: RedisConnection): Promise<void> {
    let connection = first
    while (this.#pool.ended === undefined) {
      await this.#answers.room()
      if (this.#pool.ended !== undefined) return
      const limits = ['COUNT', this.#budget.entries(MOST_ENTRIES), 'BLOCK', this.#blockMs]
      try {
        const reply = await connection.send('xread', [...limits, 'STREAMS', this.key, this.#last])
        for (const { entries } of toStreams(reply)) {
          const read = await this.#acceptAll(entries)
          this.#last = read.at(-1) ?? this.#last
          this.#budget.saw(entries.map(entryBytes))
          // No other client reads this stream: remove what was read.
          if (read.length > 0) this.#pool.send(this.key, 'xdel', [this.key, ...read]).catch(ignore)
        }
      } catch (error) {
        const address = this.#pool.redirected(this.key, error)
        if (address === undefined) throw error
        this.#pool.discard(connection)
        connection = await this.#pool.connect(PURPOSE, address)
      }
    }
  }

  /** Settles the calls that the entries answer, large ones in a turn each. @returns the ids of the entries */
  async #acceptAll(entries: readonly Item[]): Promise<readonly string[]> {
    const ids: string[] = []
    for (const entry of entries) {
      await this.#answers.turnOf(entryBytes(entry))
      const id = this.#accept(entry)
      if (id !== undefined) ids.push(id)
    }
    return ids
  }

  #accept(item: Item): string | undefined {
    const entry = readFields(item)
    if (entry === undefined) return undefined
    const { id, fields } = entry
    this.#pending.settle(Number(fields.get('call')), () => {
      const error = fields.get('error')
      const size = elidedSize(error) ?? elidedSize(fields.get('result'))
      if (size !== undefined)
        return new SerializeError(
          `the answer has ${size} bytes: more than limits.frame (${this.#maxFrame} bytes)`,
        )
      return error === undefined ? (fields.get('result') ?? Buffer.alloc(0)) : rpcErrorOf(error.toString())
    })
    return id
  }
}

function ignore(): void {}
