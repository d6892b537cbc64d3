import type { Clock, Timer } from '../../core/clock.js'
import { Deque } from '../../core/deque.js'
import type { Query } from '../../core/settings/transform.js'
import { JqError, JqLimitError } from '../jq/errors.js'
import type { Json } from '../jq/values/json.js'
import { dump } from '../jq/values/text.js'
import type { SlowPath } from '../query.js'
import type { FromJqThread, JqAnswer, JqOutcome, JqRequest } from './protocol.js'

/** The most JSON text of a batch, unless a single input is larger. */
const MOST_CHARACTERS = 64 * 1024

/** A thread that runs jq. */
export interface JqThread {
  send(request: JqRequest): void
  /** Ends the thread, also in the middle of a query. */
  terminate(): void
}

/** Starts a thread. @param ended called if it ends by itself. @throws Error if its code is missing */
export type StartJq = (receive: (message: FromJqThread) => void, ended: (error: Error) => void) => JqThread

interface Job {
  readonly query: Query
  /** The inputs as JSON, without the brackets of the array. */
  readonly text: string
  readonly count: number
  readonly resolve: (results: readonly (readonly Json[])[]) => void
  readonly reject: (error: Error) => void
}

/** The jobs that the thread works on. */
interface Batch {
  readonly jobs: readonly Job[]
  timer: Timer | undefined
}

/**
 * Runs queries that are not compiled in a separate thread, which can be ended in the middle of a query. A call of
 * jq costs a millisecond whatever its input, so waiting inputs of one query go together.
 */
export class JqBatches implements SlowPath {
  readonly #clock: Clock
  readonly #startThread: StartJq
  readonly #waiting = new Deque<Job>()
  /** Jobs of a batch that did not end. Each runs alone, because one of them is the reason. */
  readonly #suspects = new Deque<Job>()
  #thread: { readonly thread: JqThread; isLoaded: boolean } | undefined
  #batch: Batch | undefined

  constructor(clock: Clock, start: StartJq) {
    this.#clock = clock
    this.#startThread = start
  }

  run(query: Query, inputs: readonly Json[]): Promise<readonly (readonly Json[])[]> {
    if (inputs.length === 0) return Promise.resolve([])
    return new Promise((resolve, reject) => {
      const text = inputs.map(dump).join(',')
      this.#waiting.push({ query, text, count: inputs.length, resolve, reject })
      // The other messages of this turn join the batch.
      if (this.#batch === undefined && this.#waiting.size === 1) this.#clock.nextTurn(() => this.#next())
    })
  }

  #next(): void {
    if (this.#batch !== undefined) return
    const suspect = this.#suspects.shift()
    const jobs = suspect === undefined ? this.#takeBatch() : [suspect]
    if (jobs.length === 0) return
    this.#batch = { jobs, timer: undefined }
    try {
      this.#thread ??= this.#start()
    } catch (error) {
      return this.#failed(error as Error)
    }
    if (this.#thread.isLoaded) this.#send(this.#batch)
  }

  /** Takes the waiting jobs of one query. */
  #takeBatch(): readonly Job[] {
    const jobs: Job[] = []
    let characters = 0
    for (let job = this.#waiting.peek(); job !== undefined; job = this.#waiting.peek()) {
      if (jobs.length > 0 && (job.query !== jobs[0]!.query || characters + job.text.length > MOST_CHARACTERS))
        break
      characters += job.text.length
      jobs.push(job)
      this.#waiting.shift()
    }
    return jobs
  }

  #start() {
    const started: { readonly thread: JqThread; isLoaded: boolean } = {
      isLoaded: false,
      thread: this.#startThread(
        (message) => {
          if (this.#thread !== started) return
          if (message.kind !== 'loaded') return this.#answered(message)
          started.isLoaded = true
          if (this.#batch !== undefined) this.#send(this.#batch)
        },
        (error) => {
          if (this.#thread !== started) return
          this.#thread = undefined
          this.#failed(new Error(`the thread of jq ended: ${error.message}`))
        },
      ),
    }
    return started
  }

  #send(batch: Batch): void {
    const { query } = batch.jobs[0]!
    batch.timer = this.#clock.setTimer(query.limits.timeMs, () => this.#timedOut(query), { background: true })
    this.#thread!.thread.send({ query, inputs: `[${batch.jobs.map(({ text }) => text).join(',')}]` })
  }

  #answered(answer: JqAnswer): void {
    const jobs = this.#batch?.jobs ?? []
    if (answer.kind === 'failed') return this.#failed(new Error(answer.message))
    this.#endBatch()
    let from = 0
    for (const job of jobs) {
      settle(job, answer.outcomes.slice(from, from + job.count))
      from += job.count
    }
    this.#next()
  }

  #timedOut({ limits }: Query): void {
    this.#thread?.thread.terminate()
    this.#thread = undefined
    const message = `the query takes longer than ${limits.timeMs} ms; it may have no end`
    this.#failed(new JqLimitError('time', message))
  }

  /** Fails the job of a batch, or runs its jobs one by one. */
  #failed(error: Error): void {
    const jobs = this.#batch?.jobs ?? []
    this.#endBatch()
    if (jobs.length > 1) for (const job of jobs) this.#suspects.push(job)
    else jobs[0]?.reject(error)
    this.#next()
  }

  #endBatch(): void {
    this.#batch?.timer?.cancel()
    this.#batch = undefined
  }
}

function settle(job: Job, outcomes: readonly JqOutcome[]): void {
  const results: (readonly Json[])[] = []
  for (const outcome of outcomes) {
    if (!outcome.ok)
      return job.reject(
        'limit' in outcome ? new JqLimitError(outcome.limit, outcome.message) : new JqError(outcome.error),
      )
    results.push(outcome.results)
  }
  job.resolve(results)
}
