import { besideKey } from './client/key-slot.js'

/** The keys of one queue. They share a slot of a cluster, so that one script can use them all. */
export interface QueueKeys {
  /** The stream itself. Its key is the name of the queue. */
  readonly stream: string
  /** A stream that wakes a blocked reader of a group when an entry is due or was given back. */
  readonly wake: string
  /** Delayed messages: a sorted set of ids by due time, and a hash with their fields. */
  readonly later: string
  readonly bodies: string
  /** Entries of a group that were given back, as a sorted set by the time of their next delivery. */
  readonly retry: string
}

/** Returns the keys of a queue for one group. */
export function queueKeys(queue: string, group: string): QueueKeys {
  return {
    stream: queue,
    wake: besideKey(queue, ':nemo:wake'),
    later: besideKey(queue, ':nemo:later'),
    bodies: besideKey(queue, ':nemo:bodies'),
    retry: besideKey(queue, `:nemo:retry:${group}`),
  }
}
