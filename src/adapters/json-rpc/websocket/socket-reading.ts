import type WebSocket from 'ws'

/** Pauses and resumes reading from the socket. */
export interface Flow {
  pause(): void
  resume(): void
}

/** Reads a WebSocket while nobody holds it. */
export class SocketReading {
  readonly #socket: Pick<WebSocket, 'pause' | 'resume'>
  #holds = 0

  constructor(socket: Pick<WebSocket, 'pause' | 'resume'>) {
    this.#socket = socket
  }

  get isPaused(): boolean {
    return this.#holds > 0
  }

  /** Returns the means of one holder to pause and resume. */
  hold(): Flow {
    let isHeld = false
    return {
      pause: () => {
        if (isHeld) return
        isHeld = true
        if (this.#holds++ === 0) this.#socket.pause()
      },
      resume: () => {
        if (!isHeld) return
        isHeld = false
        if (--this.#holds === 0) this.#socket.resume()
      },
    }
  }
}
