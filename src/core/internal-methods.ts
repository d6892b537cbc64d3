/** Methods that a server asks of its host thread. JSON-RPC 2.0 reserves names that begin with "rpc.". */
const PREFIX = 'rpc.gateway.'

/** Answers with what is missing before the gateway is ready: a list of words. */
export const READY_METHOD = `${PREFIX}ready`
/** Opens or closes the feed of a `data` block or a topic. */
export const FEED_METHOD = `${PREFIX}feed`

/** The parameters of `FEED_METHOD`. A feed is what all subscribers of one name share. */
export type FeedRequest =
  | { readonly op: 'open' | 'close'; readonly feed: FeedName }
  /** Closes all feeds: the server has begun a new life without subscribers. */
  | { readonly op: 'reset' }

/** What a caller subscribes to, by its exposed name. */
export interface FeedName {
  readonly kind: 'data' | 'topic'
  readonly name: string
}

/** The key of a feed: the topic of its messages between host and server. */
export function feedKey({ kind, name }: FeedName): string {
  return `${kind} ${name}`
}

/** Header of a message of a feed: how many messages were dropped before it. */
export const DROPPED_HEADER = 'dropped'
/** Header of the last message of a feed. */
export const ENDED_HEADER = 'ended'

/** Whether only the gateway itself calls the method. */
export function isInternal(method: string): boolean {
  return method.startsWith(PREFIX)
}
