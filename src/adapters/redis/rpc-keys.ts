import { besideKey } from './client/key-slot.js'

/** The stream of the requests for a method. */
export function requestStream(prefix: string, method: string): string {
  return `${prefix}:${method}`
}

/** The servers of a method: a sorted set of their names by the time at which their registration expires. */
export function serversKey(prefix: string, method: string): string {
  return besideKey(requestStream(prefix, method), ':servers')
}

/** The stream of the answers for one client. */
export function replyStream(prefix: string, client: string): string {
  return `${prefix}:reply:${client}`
}
