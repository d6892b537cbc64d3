import type { MessagePort } from 'node:worker_threads'
import { FrameWriter } from './frame.js'
import type { LineFault, ToClient } from './line.js'

/** Sends the broker's entries to one client. Never throws; does nothing after `close`. */
export class Outbox {
  readonly #writer: FrameWriter<ToClient>
  #done: { readonly ids: number[]; readonly frame: number } | undefined

  constructor(port: MessagePort, onFault: (reason: string) => void) {
    this.#writer = new FrameWriter(port, (entry, error) => onFault(`${entry.op}: ${error.message}`))
  }

  send(entry: ToClient, payload?: Uint8Array): void {
    this.#writer.push(entry, payload)
  }

  /** Acknowledges a request. All acknowledgements in one frame share an entry. */
  done(id: number): void {
    if (this.#done?.frame === this.#writer.sent) {
      this.#done.ids.push(id)
      return
    }
    const ids = [id]
    this.#done = { ids, frame: this.#writer.sent }
    this.send({ op: 'done', ids })
  }

  fail(id: number, fault: LineFault): void {
    this.send({ op: 'failed', id, fault })
  }

  refuse(id: number, reason: string, retryable = false): void {
    this.fail(id, { kind: 'refused', reason, retryable })
  }

  /** Sends the collected entries and drops later ones. */
  close(): void {
    this.#writer.close()
  }
}
