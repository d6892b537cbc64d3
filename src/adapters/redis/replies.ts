import type { AdapterContext, Attempt } from '../../core/adapter.js'
import { type Clock, every } from '../../core/clock.js'
import { ConnectionError, SerializeError } from '../../core/errors.js'
import type { Logger } from '../../core/telemetry.js'
import type { WireFormat } from '../../wire/wire-format.js'
import { onFirstUse } from '../on-first-use.js'
import { type ExpectedReply, PendingReplies } from '../pending-replies.js'
import { elidedSize } from './client/elision.js'
import { runScript } from './commands.js'
import { toStreams } from './entry.js'
import { entryBytes, readFields } from './fields.js'
import type { Link, Purpose } from './link.js'
import type { RedisConfig } from './manifest.js'
import { ReadBudget } from './read-budget.js'
import { errorOf } from './rpc-errors.js'
import { replyStream } from './rpc-keys.js'
import { ANSWERS_KEPT_MS, KEEP_REPLIES } from './rpc-scripts.js'
import type { Wire } from './wire.js'

const MOST_ENTRIES = 1_000
const PURPOSE: Purpose = { role: 'replies', what: 'the answers to calls' }
const BEGINNING = '0'

/**
 * The answers to the calls of one connection: a stream made on the first call and read over a separate connection;
 * each call has a number.
 */
export class Replies {
  readonly key: string
  /** Prepares for answers. Rejects with what ioredis rejects with. */
  readonly listen: () => Promise<void>
  readonly #link: Link
  readonly #clock: Clock
  readonly #log: Logger
  readonly #blockMs: number
  readonly #budget: ReadBudget
  readonly #pending: PendingReplies
  readonly #maxFrame: number
  #last = BEGINNING

  constructor(
    link: Link,
    format: WireFormat,
    { block, rpc }: RedisConfig,
    { clock, random, log, settings }: AdapterContext,
  ) {
    this.#link = link
    this.#pending = new PendingReplies(format)
    this.#clock = clock
    this.#log = log
    this.#blockMs = block
    this.#maxFrame = settings.limits.frame
    this.#budget = new ReadBudget(this.#maxFrame)
    this.key = replyStream(rpc.prefix, random.uuid())
    this.listen = onFirstUse(() => this.#listen())
    link.whenEnded(() => this.#pending.close(link.ended ?? new ConnectionError('disconnected')))
  }

  /** Expects one answer, until `context.signal` aborts. */
  expect(method: string, context: Attempt): ExpectedReply {
    return this.#pending.expect(method, context)
  }

  async #listen(): Promise<void> {
    await this.#keep()
    const wire = await this.#link.dedicated(PURPOSE, this.key)
    const keeping = every(this.#clock, ANSWERS_KEPT_MS / 3, () => this.#keep().catch(ignore), {
      background: true,
    })
    this.#link.whenEnded(() => keeping.cancel())
    this.#read(wire).catch((error: Error) => {
      if (this.#link.ended !== undefined) return
      this.#log({ level: 'error', message: 'the answers to calls cannot be read', reason: error.message })
      wire.abandon(new ConnectionError(`the answers to calls cannot be read: ${error.message}`))
    })
  }

  async #keep(): Promise<void> {
    const made = await runScript(this.#link, KEEP_REPLIES, [this.key], [ANSWERS_KEPT_MS])
    // Ids begin again with a new stream, and the clock of another master may be behind.
    if (made === 1) this.#last = BEGINNING
  }

  async #read(first: Wire): Promise<void> {
    let wire = first
    while (this.#link.ended === undefined) {
      const limits = ['COUNT', this.#budget.entries(MOST_ENTRIES), 'BLOCK', this.#blockMs]
      try {
        const reply = await wire.send('xread', [...limits, 'STREAMS', this.key, this.#last])
        for (const { entries } of toStreams(reply)) {
          const read = entries.map((entry) => this.#accept(entry)).filter((id) => id !== undefined)
          this.#last = read.at(-1) ?? this.#last
          this.#budget.saw(entries.map(entryBytes))
          // What has been read is of no use to anybody.
          if (read.length > 0) this.#link.send(this.key, 'xdel', [this.key, ...read]).catch(ignore)
        }
      } catch (error) {
        const address = this.#link.redirected(this.key, error)
        if (address === undefined) throw error
        this.#link.discard(wire)
        wire = await this.#link.connect(PURPOSE, address)
      }
    }
  }

  #accept(item: Parameters<typeof readFields>[0]): string | undefined {
    const entry = readFields(item)
    if (entry === undefined) return undefined
    const { id, fields } = entry
    this.#pending.settle(Number(fields.get('call')), () => {
      const error = fields.get('error')
      const size = elidedSize(error) ?? elidedSize(fields.get('result'))
      if (size !== undefined)
        return new SerializeError(
          `the answer has ${size} bytes, which is more than limits.frame (${this.#maxFrame} bytes)`,
        )
      return error === undefined ? (fields.get('result') ?? Buffer.alloc(0)) : errorOf(error.toString())
    })
    return id
  }
}

function ignore(): void {}
