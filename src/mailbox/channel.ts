import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { Bell } from './bell.js'
import type { Linger } from './linger.js'
import { CHANNEL_CELLS, TakenBatches } from './taken-batches.js'
import type { Turn } from './turn.js'

/**
 * One end of a channel between two threads, in the form in which it crosses to the actor. Of a channel between two
 * actors, the source of the route has the end of the host.
 */
export interface ChannelEnd {
  readonly port: MessagePort
  /** The bell of the host and that of the actor, and the counters of `TakenBatches` for each of them. */
  readonly bells: SharedArrayBuffer
  readonly side: 'host' | 'actor'
}

/** Makes both ends of a new channel. */
export function openChannel(): { readonly host: ChannelEnd; readonly actor: ChannelEnd } {
  const { port1, port2 } = new MessageChannel() as unknown as { port1: MessagePort; port2: MessagePort }
  const bells = new SharedArrayBuffer(CHANNEL_CELLS * Int32Array.BYTES_PER_ELEMENT)
  return { host: { port: port1, bells, side: 'host' }, actor: { port: port2, bells, side: 'actor' } }
}

/**
 * One end of a channel in use. Carries batches in order, and reliably while both ends live.
 *
 * Batches are pulled from the port. A port with a listener would deliver up to a thousand of them in one turn of the
 * event loop.
 */
export class Channel<Out, In> {
  readonly #port: MessagePort
  readonly #mine: Bell
  readonly #theirs: Bell
  readonly #takenHere: TakenBatches
  readonly #takenThere: TakenBatches
  readonly #turn: Turn
  readonly #receive: (batch: In) => void
  readonly #linger: Linger | undefined
  #state: 'open' | 'asleep' | 'closed' = 'open'
  #posted = 0

  /**
   * @param receive called with each batch, in order; must not throw
   * @param turn limits how long batches may be pulled in one turn of the event loop
   * @param linger decides whether to spin before sleeping; never if absent
   */
  constructor(end: ChannelEnd, turn: Turn, receive: (batch: In) => void, linger?: Linger) {
    const cells = new Int32Array(end.bells)
    const [mine, theirs] = end.side === 'host' ? [0, 1] : [1, 0]
    this.#port = end.port
    this.#mine = new Bell(cells, mine)
    this.#theirs = new Bell(cells, theirs)
    this.#takenHere = new TakenBatches(cells, mine)
    this.#takenThere = new TakenBatches(cells, theirs)
    this.#turn = turn
    this.#receive = receive
    this.#linger = linger
    // Start on a microtask, so that the owner is ready for the first batch.
    queueMicrotask(() => this.#woken())
  }

  /**
   * Sends a batch and wakes the other side if it sleeps. Does nothing once closed.
   * @throws DataCloneError if the batch contains a value that cannot be cloned; then nothing was sent
   */
  post(batch: Out, transfer?: readonly ArrayBuffer[]): void {
    if (this.#state === 'closed') return
    if (transfer === undefined || transfer.length === 0) this.#port.postMessage(batch)
    else this.#port.postMessage(batch, transfer as ArrayBuffer[])
    this.#posted = (this.#posted + 1) | 0
    this.#theirs.ring()
  }

  /**
   * Sends a small batch and wakes the other side first. Waking takes longer than writing, so that both happen at the
   * same time.
   */
  postShort(batch: Out, transfer?: readonly ArrayBuffer[]): void {
    if (this.#state === 'closed') return
    this.#theirs.ring()
    this.post(batch, transfer)
  }

  /** How many batches were posted; wraps at 2^32. */
  get posted(): number {
    return this.#posted
  }

  /** How many of them the other side has taken; wraps at 2^32. */
  get taken(): number {
    return this.#takenThere.count
  }

  /** Asks the other side to wake this one, with `onWake`, when it takes the next batch. Call it before `taken`. */
  watchTaken(): void {
    this.#takenThere.watch()
  }

  /** Whether the other side may not have taken all batches yet. */
  get isOtherBusy(): boolean {
    return this.#theirs.isAwake
  }

  /** Wakes the other side without a batch, because shared memory has changed. */
  nudge(): void {
    this.#theirs.ring()
  }

  /**
   * Spins for the next batch, if that is likely to pay off. Called when all batches have been answered; blocks the
   * thread.
   */
  answeredAll(): void {
    const linger = this.#linger
    if (linger === undefined) return
    const until = linger.answered()
    if (this.#state === 'asleep' && this.#mine.spin(() => linger.shouldSpin(until))) this.#woken()
  }

  /** Receives all batches that have arrived, without limit. */
  pullAll(): void {
    while (this.#state !== 'closed') {
      const received = receiveMessageOnPort(this.#port)
      if (received === undefined) return
      this.#take(received.message as In)
    }
  }

  /** Closes both ends. Batches that have not been pulled are lost. Idempotent. */
  close(): void {
    if (this.#state === 'closed') return
    this.#state = 'closed'
    this.#port.close()
    this.#mine.release()
  }

  #pullWithinTurn(): void {
    while (this.#state === 'open') {
      if (this.#turn.spent()) return this.#turn.later(() => this.#pullWithinTurn())
      const received = receiveMessageOnPort(this.#port)
      // Falling asleep takes longer than answering, so let the receivers of this batch run first.
      if (received === undefined) return afterwards(() => this.#rest())
      this.#handOver(received.message as In)
    }
  }

  #rest(): void {
    if (this.#state !== 'open') return
    this.#mine.fallAsleep()
    // A nudge leaves no batch, so check shared memory once more before sleeping.
    this.onWake?.()
    const received = receiveMessageOnPort(this.#port)
    if (received === undefined) {
      this.#state = 'asleep'
      return this.#mine.listen(() => this.#woken())
    }
    this.#mine.wakeUp()
    this.#handOver(received.message as In)
    this.#pullWithinTurn()
  }

  #handOver(batch: In): void {
    this.#linger?.arrived()
    this.#take(batch)
  }

  #take(batch: In): void {
    this.#receive(batch)
    if (this.#takenHere.took()) this.#theirs.ring()
  }

  #woken(): void {
    if (this.#state === 'closed') return
    this.#state = 'open'
    this.#turn.begin()
    this.onWake?.()
    this.#pullWithinTurn()
  }

  /** Called at each wake-up before batches are pulled, to read shared memory. */
  onWake: (() => void) | undefined
}

/** Runs `task` after the receivers have run, and after the requests that they send on their next tick. */
function afterwards(task: () => void): void {
  process.nextTick(() => process.nextTick(task))
}
