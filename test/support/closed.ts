import type { EventEmitter } from 'node:events'

/** Resolves when a connection closes. `once` of Node rejects on a reset, which is how a server closes on a client that still sends. */
export function closed(connection: EventEmitter): Promise<void> {
  return new Promise((resolve) => connection.once('close', () => resolve()))
}
