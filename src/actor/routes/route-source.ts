import type { Attempt } from '../../core/adapter/attempt.js'
import type { InboundMessage, MessageSink } from '../../core/adapter/inbound.js'
import type { SourceVerb } from '../../resilience/reopen.js'
import { AttemptSink } from '../attempt-sink.js'
import { quietly } from '../quietly.js'
import type { Source } from '../source.js'

/** What a source holds open at the broker. */
export interface OpenedSource {
  resume?(): void
  request?(count: number): void
  close(): Promise<void>
  detach?(): Promise<void>
  finish?(): Promise<void>
}

export interface RouteSourceOptions<M extends InboundMessage> {
  readonly id: number
  readonly verb: SourceVerb
  readonly target: string
  open(sink: MessageSink<M>, attempt: Attempt): Promise<OpenedSource>
  /** Receives a message. @returns false to hold the source back until `resume` */
  receive(message: M): boolean
  /** Gives back a message that arrives after the source was closed. */
  refuse(message: M): void
  lost(count: number, reason: string): void
  readonly onEnd: (error: Error) => void
  /** How many messages of a queue may be unsettled. */
  readonly window?: number
}

/** The source of a route: a subscription, a consumer or a served method. */
export class RouteSource<M extends InboundMessage> implements Source, MessageSink<M> {
  readonly id: number
  readonly verb: SourceVerb
  readonly target: string
  readonly isKept = true
  /** Resolves when it has been opened, or has ended. */
  readonly opened: Promise<void>
  #reportOpened = () => {}
  readonly #options: RouteSourceOptions<M>
  #sink: AttemptSink<M> | undefined
  #opened: OpenedSource | undefined
  #isHeld = false
  #isOver = false
  #outlivesConnection = false
  /** The connection that the unsettled messages belong to. */
  #connection = 0

  constructor(options: RouteSourceOptions<M>) {
    this.id = options.id
    this.verb = options.verb
    this.target = options.target
    this.#options = options
    this.opened = new Promise((resolve) => {
      this.#reportOpened = resolve
    })
  }

  /** Identifies the connection; a message of an earlier one frees no place. */
  get connection(): number {
    return this.#connection
  }

  /** Whether the broker keeps the subscription when the connection ends. */
  get outlivesConnection(): boolean {
    return this.#outlivesConnection
  }

  async open(attempt: Attempt): Promise<void> {
    const sink = new AttemptSink<M>(this.target, this, (message) => this.#options.refuse(message))
    this.#sink = sink
    this.#isHeld = false
    const opened = await sink.open(attempt, () => this.#options.open(sink, attempt))
    if (this.#isOver || sink.isRetired) return void quietly(() => opened.close())
    this.#opened = opened
    this.#outlivesConnection = opened.detach !== undefined
    opened.request?.(this.#options.window ?? 1)
    // There may be room again since a message that came before the grant.
    if (!this.#isHeld) opened.resume?.()
    this.#reportOpened()
  }

  deliver(message: M): boolean {
    if (this.#options.receive(message)) return true
    this.#isHeld = true
    return false
  }

  lost(count: number, reason: string): void {
    this.#options.lost(count, reason)
  }

  end(error: Error): void {
    if (!this.#isOver) this.#options.onEnd(error)
  }

  /** Resumes a source that was held back. */
  resume(): void {
    if (!this.#isHeld) return
    this.#isHeld = false
    this.#opened?.resume?.()
  }

  /** Asks for another message, in place of one that has been settled. */
  askForAnother(connection: number): void {
    if (!this.#isOver && connection === this.#connection) this.#opened?.request?.(1)
  }

  disconnected(): void {
    this.#connection++
    this.#sink?.retire()
    this.#opened = undefined
    this.#isHeld = false
  }

  release(): Promise<void> {
    const opened = this.#opened
    this.disconnected()
    return quietly(() => opened?.close())
  }

  drain(): void {}

  flush(): void {}

  /** Ends it at the broker first, so that what arrives until then is routed. */
  async finish(): Promise<void> {
    const opened = this.#opened
    await quietly(() => opened?.finish?.() ?? opened?.close())
    this.#over()
  }

  async close(): Promise<void> {
    const opened = this.#over()
    await opened?.close()
  }

  async detach(): Promise<void> {
    const opened = this.#over()
    await (opened?.detach?.() ?? opened?.close())
  }

  #over(): OpenedSource | undefined {
    this.#isOver = true
    this.#reportOpened()
    this.#sink?.retire()
    return this.#opened
  }
}
