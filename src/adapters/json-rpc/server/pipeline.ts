import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { Deque } from '../../../core/deque.js'
import type { MemoryShare } from '../../../core/memory-share.js'
import type { CallerMemory } from './caller.js'

/** Memory of a request beside its body: Node's objects for it and its answer, promises and closures. */
const REQUEST_BYTES = 12 * 1024

/**
 * What happens to a request at its turn: it is handled, or refused because its caller has no room for it, or ignored
 * because its caller has gone or an earlier request was refused.
 */
export type Turn = 'handle' | 'refuse' | 'ignore'

interface Waiting {
  readonly isAdmitted: boolean
  readonly begin: (turn: Turn) => void
}

/**
 * The requests of one HTTP connection. They are handled one after the other, as HTTP requires of POST (RFC 9112, section
 * 9.3.2): a caller must not get more turns than others by sending its requests at once.
 */
export class Pipeline {
  /** The memory of the connection. */
  readonly memory: MemoryShare
  /** Its messages, as the server counts them. */
  readonly #messages: MemoryShare
  readonly #waiting = new Deque<Waiting>()
  #isBusy = false
  /** Whether a request is refused. Nothing that arrives later is handled. */
  #isEnding = false
  #isClosed = false
  /** Requests that are ignored, and what is counted for them. Node keeps them until the connection is closed. */
  #ignored = 0
  #ignoredBytes = 0

  constructor(socket: Socket, memory: MemoryShare, messages: MemoryShare) {
    this.memory = memory
    this.#messages = messages
    socket.once('close', () => {
      this.end()
      this.#isClosed = true
      this.#messages.add(-this.#ignored)
      this.memory.add(-this.#ignoredBytes)
    })
  }

  /**
   * Takes a request. One that is handled or refused must `leave`.
   * @param bytes what it holds
   * @returns its turn, or a promise for it; `undefined` if there is no room for it behind a refused request
   */
  enter(bytes: number): Turn | Promise<Turn> | undefined {
    const isAdmitted = this.#messages.mayAdd(1) && this.memory.mayAdd(bytes)
    if (this.#isEnding && !isAdmitted) return undefined
    this.#messages.add(1)
    this.memory.add(bytes)
    if (this.#isEnding) return this.#ignore(bytes)
    if (!isAdmitted) this.#isEnding = true
    if (!this.#isBusy) {
      this.#isBusy = true
      return isAdmitted ? 'handle' : 'refuse'
    }
    return new Promise((resolve) => {
      const begin = (turn: Turn) => resolve(turn === 'ignore' ? this.#ignore(bytes) : turn)
      this.#waiting.push({ isAdmitted, begin })
    })
  }

  /** Ends the turn of a request: its answer has been read, or its connection is closed. */
  leave(bytes: number): void {
    this.#messages.add(-1)
    this.memory.add(-bytes)
    const next = this.#waiting.shift()
    this.#isBusy = next !== undefined
    next?.begin(next.isAdmitted ? 'handle' : 'refuse')
  }

  /** Handles no further request, because one was refused. */
  end(): void {
    this.#isEnding = true
    for (const { begin } of this.#waiting) begin('ignore')
    this.#waiting.clear()
  }

  #ignore(bytes: number): Turn {
    if (this.#isClosed) {
      this.#messages.add(-1)
      this.memory.add(-bytes)
    } else {
      this.#ignored++
      this.#ignoredBytes += bytes
    }
    return 'ignore'
  }
}

/** What one request holds, as a part of what its connection holds. */
export class RequestMemory implements CallerMemory {
  readonly #connection: MemoryShare
  #bytes = 0

  constructor(connection: MemoryShare) {
    this.#connection = connection
  }

  /** Tells whether the request may hold that many bytes. */
  fitsOne(bytes: number): boolean {
    return this.#connection.fitsOne(this.#connection.bytes + bytes - this.#bytes)
  }

  set(bytes: number): void {
    this.add(bytes - this.#bytes)
  }

  tryAdd(bytes: number): boolean {
    if (!this.#connection.tryAdd(bytes)) return false
    this.#bytes += bytes
    return true
  }

  add(bytes: number): void {
    this.#bytes += bytes
    this.#connection.add(bytes)
  }
}

/** Estimates the memory of a request without its body, in bytes. */
export function requestBytes({ rawHeaders }: IncomingMessage): number {
  return rawHeaders.reduce((sum, { length }) => sum + length, REQUEST_BYTES)
}
