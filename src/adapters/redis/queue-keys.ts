import { besideKey } from './client/key-slot.js'

/** The keys of one queue. All are in one slot of a cluster, so that a script may touch them together. */
export interface QueueKeys {
  /** The stream itself; its key is the name of the queue. */
  readonly stream: string
  /** A stream that wakes one reader of a group that waits: something is due, or was given back. */
  readonly wake: string
  /** Messages that are to be delivered later: a sorted set of ids by time, and their fields. */
  readonly later: string
  readonly bodies: string
  /** Entries of a group that were given back, by the time from which they may be delivered again. */
  readonly retry: string
}

/** Names the keys of a queue as one group sees it. */
export function queueKeys(queue: string, group: string): QueueKeys {
  return {
    stream: queue,
    wake: besideKey(queue, ':nemo:wake'),
    later: besideKey(queue, ':nemo:later'),
    bodies: besideKey(queue, ':nemo:bodies'),
    retry: besideKey(queue, `:nemo:retry:${group}`),
  }
}
