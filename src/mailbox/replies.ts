import { type ErrorRecord, encodeError } from './error-codec.js'
import { NameWriter } from './names.js'
import type { ActorBatch, ActorNotice, DeliveryRun } from './protocol.js'
import { RunBuilder } from './runs.js'

/** Collects answers, notices and deliveries of an actor into a batch. One for each life of an actor. */
export class ReplyWriter {
  readonly names = new NameWriter()
  #done: number[] = []
  #replySeqs: number[] = []
  #replyValues: unknown[] = []
  #failureSeqs: number[] = []
  #failures: ErrorRecord[] = []
  #notices: ActorNotice[] = []
  #runs: RunBuilder[] = []
  #messages = 0
  #settled = 0

  /** The number of requests that the batch settles. */
  get settled(): number {
    return this.#settled
  }

  /** The number of messages that the batch delivers. */
  get messages(): number {
    return this.#messages
  }

  get isEmpty(): boolean {
    return this.#settled === 0 && this.#messages === 0 && this.#notices.length === 0
  }

  done(seq: number): void {
    const ranges = this.#done
    const n = ranges.length
    if (n > 0 && ranges[n - 2]! + ranges[n - 1]! === seq) ranges[n - 1]!++
    else ranges.push(seq, 1)
    this.#settled++
  }

  reply(seq: number, value: unknown): void {
    this.#replySeqs.push(seq)
    this.#replyValues.push(value)
    this.#settled++
  }

  fail(seq: number, error: unknown): void {
    this.#failureSeqs.push(seq)
    this.#failures.push(encodeError(error))
    this.#settled++
  }

  notice(notice: ActorNotice): void {
    this.#notices.push(notice)
  }

  /** Returns the run for the next message of `source`. Messages of several sources keep their order. */
  run(source: number, kind: 'values' | 'packed'): RunBuilder {
    this.#messages++
    const last = this.#runs[this.#runs.length - 1]
    if (last !== undefined && last.source === source && last.kind === kind) return last
    const run = new RunBuilder(source, kind)
    this.#runs.push(run)
    return run
  }

  /** Returns the batch and the buffers to transfer with it, and empties the writer. */
  take(): { batch: ActorBatch; transfer: ArrayBuffer[] } {
    const transfer: ArrayBuffer[] = []
    const runs: DeliveryRun[] = []
    for (const builder of this.#runs) {
      const run = builder.finish()
      if (run.payload.kind === 'packed') transfer.push(run.payload.packed.buffer)
      runs.push(run)
    }
    const batch: ActorBatch = {
      done: this.#done.length > 0 ? this.#done : undefined,
      replies: this.#replySeqs.length > 0 ? { seqs: this.#replySeqs, values: this.#replyValues } : undefined,
      failures:
        this.#failureSeqs.length > 0 ? { seqs: this.#failureSeqs, errors: this.#failures } : undefined,
      names: this.names.take(),
      runs: runs.length > 0 ? runs : undefined,
      notices: this.#notices.length > 0 ? this.#notices : undefined,
    }
    this.#done = []
    this.#replySeqs = []
    this.#replyValues = []
    this.#failureSeqs = []
    this.#failures = []
    this.#notices = []
    this.#runs = []
    this.#messages = 0
    this.#settled = 0
    this.names.trim()
    return { batch, transfer }
  }
}
