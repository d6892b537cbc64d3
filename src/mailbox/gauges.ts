import { ERROR_KINDS, type ErrorKind } from '../core/errors/kinds.js'
import { COUNTERS, type Counter, type Counts, METRIC_CELLS, METRIC_FLAGS } from '../core/metrics.js'
import {
  BREAKER_STATES,
  type BreakerState,
  CONNECTION_STATES,
  type ConnectionState,
  type PoolFigures,
} from '../core/status.js'

const COUNTER_NAMES = Object.keys(COUNTERS) as readonly Counter[]

/*
 * Float64 cells hold numbers of more than 32 bits or with a fraction. Each has one writer, so counting needs no
 * atomics. Most cells are metrics (`core/metrics.ts`); the host uses the others.
 */
const FLOATS = [
  ...METRIC_CELLS,
  'breakerOpenUntil',
  'connectedSince',
  'inHand',
  'turnFirst',
  'turnLast',
  'lastUsed',
] as const
const POOL = {
  size: 'poolSize',
  idle: 'poolIdle',
  inUse: 'poolInUse',
  pending: 'poolPending',
  max: 'poolMax',
} as const satisfies Record<keyof PoolFigures, string>
const OPEN = BREAKER_STATES.indexOf('open')
const FLAGS = [...METRIC_FLAGS, 'heartbeat', 'reconnectAttempt'] as const

const FLOAT = index(FLOATS)
const FLAG = index(FLAGS)
const COUNTER_AT = FLOATS.length
const ERROR_AT = COUNTER_AT + COUNTER_NAMES.length
const FLOAT_CELLS = ERROR_AT + ERROR_KINDS.length
const COUNTER = index(COUNTER_NAMES)
const ERROR = index(ERROR_KINDS)

function index<T extends string>(names: readonly T[]): Readonly<Record<T, number>> {
  return Object.fromEntries(names.map((name, i) => [name, i])) as Record<T, number>
}

/**
 * The state and counters of an actor in shared memory: written by the actor, read by the host without a message. Each
 * life of an actor has a separate block, so that writes of a dead life have no effect.
 */
export class Gauges {
  readonly shared: SharedArrayBuffer
  readonly #floats: Float64Array
  readonly #flags: Int32Array

  constructor(
    shared = new SharedArrayBuffer(
      FLOAT_CELLS * Float64Array.BYTES_PER_ELEMENT + FLAGS.length * Int32Array.BYTES_PER_ELEMENT,
    ),
  ) {
    this.shared = shared
    this.#floats = new Float64Array(shared, 0, FLOAT_CELLS)
    this.#flags = new Int32Array(shared, FLOAT_CELLS * Float64Array.BYTES_PER_ELEMENT, FLAGS.length)
  }

  count(counter: Counter, by = 1): void {
    this.#floats[COUNTER_AT + COUNTER[counter]]! += by
  }

  countError(kind: ErrorKind): void {
    this.#floats[ERROR_AT + ERROR[kind]]! += 1
  }

  counts(): Counts {
    const counts = Object.fromEntries(
      COUNTER_NAMES.map((name) => [name, this.#floats[COUNTER_AT + COUNTER[name]]!]),
    )
    const errors: Partial<Record<ErrorKind, number>> = {}
    for (const kind of ERROR_KINDS) {
      const n = this.#floats[ERROR_AT + ERROR[kind]]!
      if (n > 0) errors[kind] = n
    }
    return { ...(counts as Record<Counter, number>), errors }
  }

  /** Counts a heartbeat and sets the memory in use. */
  beat(heapBytes: number): void {
    this.#floats[FLOAT.heapBytes] = heapBytes
    Atomics.add(this.#flags, FLAG.heartbeat, 1)
  }

  get heartbeat(): number {
    return Atomics.load(this.#flags, FLAG.heartbeat)
  }

  /** Grows with each message that is handled, so that a busy thread can be told from a stuck one. */
  get handled(): number {
    let sum = 0
    for (let cell = COUNTER_AT; cell < ERROR_AT; cell++) sum += this.#floats[cell]!
    return sum
  }

  /** Bytes of heap and array buffers at the last heartbeat. */
  get heapBytes(): number {
    return this.#floats[FLOAT.heapBytes]!
  }

  get connection(): ConnectionState {
    return CONNECTION_STATES[Atomics.load(this.#flags, FLAG.connection)]!
  }

  setConnection(state: ConnectionState, attempt: number, since: number): void {
    this.#floats[FLOAT.connectedSince] = since
    Atomics.store(this.#flags, FLAG.reconnectAttempt, attempt)
    Atomics.store(this.#flags, FLAG.connection, CONNECTION_STATES.indexOf(state))
  }

  /** Epoch milliseconds; 0 while not connected. */
  get connectedSince(): number {
    return this.#floats[FLOAT.connectedSince]!
  }

  get reconnectAttempt(): number {
    return Atomics.load(this.#flags, FLAG.reconnectAttempt)
  }

  get breaker(): BreakerState {
    return BREAKER_STATES[Atomics.load(this.#flags, FLAG.breaker)]!
  }

  setBreaker(state: BreakerState, openUntil: number): void {
    this.#floats[FLOAT.breakerOpenUntil] = openUntil
    Atomics.store(this.#flags, FLAG.breaker, BREAKER_STATES.indexOf(state))
  }

  /** Whether the breaker is open. Read for every request, so it avoids the name of the state. */
  get isBreakerOpen(): boolean {
    return Atomics.load(this.#flags, FLAG.breaker) === OPEN
  }

  /** When an open breaker lets a probe through, in milliseconds of `clock.monotonic()`. */
  get breakerOpenUntil(): number {
    return this.#floats[FLOAT.breakerOpenUntil]!
  }

  /** Number of the request that the actor is starting at this moment; -1 for none. */
  get inHand(): number {
    return this.#floats[FLOAT.inHand]! - 1
  }

  setInHand(seq: number): void {
    this.#floats[FLOAT.inHand] = seq + 1
  }

  /** Whether the actor started that request in the current turn of its event loop. */
  isInTurn(seq: number): boolean {
    return seq + 1 >= this.#floats[FLOAT.turnFirst]! && seq + 1 <= this.#floats[FLOAT.turnLast]!
  }

  /** Sets the range of the requests that were started in this turn. */
  setTurn(first: number, last: number): void {
    this.#floats[FLOAT.turnFirst] = first + 1
    this.#floats[FLOAT.turnLast] = last + 1
  }

  /** Clears that range when the turn is over. */
  clearTurn(): void {
    this.#floats[FLOAT.turnLast] = 0
  }

  /** The number of requests in flight in the actor, and of messages that it holds for the host. */
  get depths(): { readonly operations: number; readonly deliveries: number } {
    return { operations: this.#floats[FLOAT.operations]!, deliveries: this.#floats[FLOAT.waitingDeliveries]! }
  }

  /** Epoch milliseconds of the last request of the host; 0 before the first. */
  get lastUsed(): number {
    return this.#floats[FLOAT.lastUsed]!
  }

  setLastUsed(now: number): void {
    this.#floats[FLOAT.lastUsed] = now
  }

  /** The connection pool at the last heartbeat; `undefined` if the adapter has none. */
  get pool(): PoolFigures | undefined {
    const at = (cell: (typeof POOL)[keyof PoolFigures]) => this.#floats[FLOAT[cell]]!
    if (at('poolMax') === 0) return undefined
    return {
      size: at('poolSize'),
      idle: at('poolIdle'),
      inUse: at('poolInUse'),
      pending: at('poolPending'),
      max: at('poolMax'),
    }
  }

  setPool(figures: PoolFigures): void {
    for (const [name, cell] of Object.entries(POOL))
      this.#floats[FLOAT[cell]] = figures[name as keyof PoolFigures]
  }

  setOperations(n: number): void {
    this.#floats[FLOAT.operations] = n
  }

  addWaitingDeliveries(n: number): void {
    this.#floats[FLOAT.waitingDeliveries]! += n
  }
}

/** Adds the counts of two lives of an actor. */
export function addCounts(a: Counts, b: Counts): Counts {
  const sum = Object.fromEntries(COUNTER_NAMES.map((name) => [name, a[name] + b[name]])) as Record<
    Counter,
    number
  >
  const errors = { ...a.errors }
  for (const [kind, n] of Object.entries(b.errors))
    errors[kind as ErrorKind] = (errors[kind as ErrorKind] ?? 0) + n
  return { ...sum, errors }
}
