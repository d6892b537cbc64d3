import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads'
import { Bell } from './bell.js'
import type { Linger } from './linger.js'
import type { Turn } from './turn.js'

/** One end of a line between two threads, as it is handed over at the start of an actor. */
export interface ChannelEnd {
  readonly port: MessagePort
  /** Two cells: the bell of the host, then the bell of the actor. */
  readonly bells: SharedArrayBuffer
  readonly side: 'host' | 'actor'
}

/** Makes both ends of a new line. */
export function openChannel(): { readonly host: ChannelEnd; readonly actor: ChannelEnd } {
  const { port1, port2 } = new MessageChannel() as unknown as { port1: MessagePort; port2: MessagePort }
  const bells = new SharedArrayBuffer(2 * Int32Array.BYTES_PER_ELEMENT)
  return { host: { port: port1, bells, side: 'host' }, actor: { port: port2, bells, side: 'actor' } }
}

/**
 * One end of a line in use. Batches are pulled, not pushed: a port with a listener would hand over up to a
 * thousand of them in one turn, whatever that costs the thread. In order, reliable while both ends live.
 */
export class Channel<Out, In> {
  readonly #port: MessagePort
  readonly #mine: Bell
  readonly #theirs: Bell
  readonly #turn: Turn
  readonly #receive: (batch: In) => void
  readonly #linger: Linger | undefined
  #state: 'open' | 'asleep' | 'closed' = 'open'

  /**
   * @param receive called with each batch, in order; must not throw.
   * @param turn how long pulling may go on before it lets others run.
   * @param linger whether to look on for a moment before sleeping; never when absent.
   */
  constructor(end: ChannelEnd, turn: Turn, receive: (batch: In) => void, linger?: Linger) {
    const cells = new Int32Array(end.bells)
    const [mine, theirs] = end.side === 'host' ? [0, 1] : [1, 0]
    this.#port = end.port
    this.#mine = new Bell(cells, mine)
    this.#theirs = new Bell(cells, theirs)
    this.#turn = turn
    this.#receive = receive
    this.#linger = linger
    // Not at once: whoever makes the line must be ready for the first batch.
    queueMicrotask(() => this.#woken())
  }

  /**
   * Sends a batch and wakes the other side if it sleeps. Nothing happens once closed.
   * @throws DataCloneError when the batch holds what cannot cross; nothing was sent then.
   */
  post(batch: Out, transfer?: readonly ArrayBuffer[]): void {
    if (this.#state === 'closed') return
    if (transfer === undefined || transfer.length === 0) this.#port.postMessage(batch)
    else this.#port.postMessage(batch, transfer as ArrayBuffer[])
    this.#theirs.ring()
  }

  /**
   * The same for a batch that is written sooner than a sleeping thread wakes up: the other side is woken first, and
   * wakes up while it is written.
   */
  postShort(batch: Out, transfer?: readonly ArrayBuffer[]): void {
    if (this.#state === 'closed') return
    this.#theirs.ring()
    this.post(batch, transfer)
  }

  /** Whether the other side has not taken all that was posted yet. */
  get isOtherBusy(): boolean {
    return this.#theirs.isHeard
  }

  /** Wakes the other side although nothing was posted: something in shared memory has changed. */
  nudge(): void {
    this.#theirs.ring()
  }

  /** All that came has been answered: the next batch may be near. Blocks the thread for a moment where that pays. */
  answeredAll(): void {
    const linger = this.#linger
    if (linger === undefined) return
    const until = linger.answered()
    if (this.#state === 'asleep' && this.#mine.look(() => linger.goesOn(until))) this.#woken()
  }

  /** Receives everything that has arrived, now and without regard to the turn. */
  pullAll(): void {
    while (this.#state !== 'closed') {
      const received = receiveMessageOnPort(this.#port)
      if (received === undefined) return
      this.#receive(received.message as In)
    }
  }

  /** Closes both ends; what had not been pulled is gone. Idempotent. */
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
      // To fall asleep takes longer than to answer: whoever has just been told something goes first.
      if (received === undefined) return afterwards(() => this.#rest())
      this.#handOver(received.message as In)
    }
  }

  #rest(): void {
    if (this.#state !== 'open') return
    this.#mine.fallAsleep()
    // A nudge that came while this side was awake has left nothing to receive: it must not be slept over.
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
    this.#receive(batch)
  }

  #woken(): void {
    if (this.#state === 'closed') return
    this.#state = 'open'
    this.#turn.begin()
    this.onWake?.()
    this.#pullWithinTurn()
  }

  /** Called at each wake-up before pulling: the place to look at shared memory. */
  onWake: (() => void) | undefined
}

/** Runs `task` once those who were told something have acted on it, and what they send at their next tick is sent. */
function afterwards(task: () => void): void {
  process.nextTick(() => process.nextTick(task))
}
