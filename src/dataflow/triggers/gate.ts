import { isDeepStrictEqual } from 'node:util'
import type { Clock, Timer } from '../../core/clock.js'
import { type DataPath, valueAt } from '../../core/data-path.js'
import { ConfigError } from '../../core/errors/config.js'
import { parameterValue, type RunNames } from '../../core/settings/late.js'
import type { Condition } from '../../core/settings/trigger.js'
import { JqProgram } from '../../transform/jq/program.js'
import type { Json } from '../../transform/jq/values/json.js'
import type { FlowEvent } from '../events.js'
import { nextThreshold, type Threshold, type ThresholdState } from './threshold.js'

/** Lets the events pass for which a condition holds. */
export interface Gate {
  /** Decides about an event. @throws if the condition cannot be computed; the event does not pass then */
  offer(event: FlowEvent): void
  /** Cancels what waits. */
  stop(): void
}

export interface GateDependencies {
  readonly clock: Clock
  /** The values of all data. */
  readonly data: NonNullable<RunNames['data']>
  /** Called with an event that passes. */
  pass(event: FlowEvent): void
  /** Called with an event that does not. */
  refuse(): void
}

/** A condition runs on the host thread, so that it may not take long. */
const JQ_LIMITS = { steps: 100_000, output: 1024 * 1024 }

export function gateOf(condition: Condition | undefined, parts: GateDependencies): Gate {
  if (condition === undefined) return { offer: (event) => parts.pass(event), stop: () => {} }
  if (condition.kind === 'threshold') return new ThresholdGate(condition, parts)
  const holds = testOf(condition, parts)
  return {
    offer: (event) => (holds(event) ? parts.pass(event) : parts.refuse()),
    stop: () => {},
  }
}

function testOf(
  condition: Exclude<Condition, { kind: 'threshold' }>,
  { data, clock }: GateDependencies,
): (event: FlowEvent) => boolean {
  switch (condition.kind) {
    case 'expression':
      return ({ trigger }) => truthOf(parameterValue(condition.value, { trigger, data }))
    case 'jq': {
      const program = new JqProgram(condition.query, { limits: JQ_LIMITS, now: () => clock.now() })
      return ({ trigger }) => {
        const [first = null] = program.run(trigger as unknown as Json)
        return first !== null && first !== false
      }
    }
    case 'changed':
      return changedTest(condition.path)
  }
}

/** Checks the result of a condition. @throws ConfigError if it is neither true nor false */
export function truthOf(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  const found = value === null ? 'null' : `a ${typeof value}`
  throw new ConfigError(`the condition must be true or false, found ${found}`, [], { fault: 'local' })
}

/** Holds if the part differs from that of the event before, and for the first event. */
function changedTest(path: DataPath): (event: FlowEvent) => boolean {
  let last: { readonly value: unknown } | undefined
  return ({ trigger }) => {
    const value = valueAt(watched(trigger), path)
    const isSame = last !== undefined && isDeepStrictEqual(last.value, value)
    last = { value }
    return !isSame
  }
}

/** What thresholds and changes look at: the value of a data event, the whole trigger of others. */
function watched(trigger: object): unknown {
  return 'value' in trigger ? trigger.value : trigger
}

/** Passes one event each time a number crosses the threshold, and stays there. */
class ThresholdGate implements Gate {
  readonly #threshold: Threshold
  readonly #path: DataPath
  readonly #forMs: number
  readonly #parts: GateDependencies
  #state: ThresholdState = 'armed'
  #timer: Timer | undefined
  #newest: FlowEvent | undefined

  constructor(
    { path, forMs, ...threshold }: Extract<Condition, { kind: 'threshold' }>,
    parts: GateDependencies,
  ) {
    this.#threshold = threshold
    this.#path = path
    this.#forMs = forMs
    this.#parts = parts
  }

  offer(event: FlowEvent): void {
    const number = valueAt(watched(event.trigger), this.#path)
    if (typeof number !== 'number' || Number.isNaN(number)) return this.#parts.refuse()
    this.#newest = event
    this.#state = nextThreshold(this.#threshold, this.#state, number)
    if (this.#state !== 'crossed') this.stop()
    else if (this.#forMs === 0) return this.#report()
    else this.#timer ??= this.#parts.clock.setTimer(this.#forMs, () => this.#report())
    this.#parts.refuse()
  }

  stop(): void {
    this.#timer?.cancel()
    this.#timer = undefined
  }

  #report(): void {
    this.#timer = undefined
    this.#state = 'reported'
    this.#parts.pass(this.#newest!)
  }
}
