import { besideKey } from './client/key-slot.js'

/** The stream in which the requests to a method wait. */
export function requestStream(prefix: string, method: string): string {
  return `${prefix}:${method}`
}

/** The servers of a method: a sorted set of their names by the time until which each is believed to be there. */
export function serversKey(prefix: string, method: string): string {
  return besideKey(requestStream(prefix, method), ':servers')
}

/** The stream in which the answers to one client wait. */
export function replyStream(prefix: string, client: string): string {
  return `${prefix}:reply:${client}`
}
