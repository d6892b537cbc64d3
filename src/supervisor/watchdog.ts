import { formatBytes } from '../core/bytes.js'
import { type Clock, every, type Timer } from '../core/clock.js'
import type { Gauges } from '../mailbox/gauges.js'

/** What the watchdog is told of one life of an actor. */
export interface Watched {
  readonly gauges: Gauges
  readonly heartbeatMs: number
  /** Bytes; Infinity for no mark. */
  readonly memory: number
  /** Called once, with the reason, when it must be replaced. */
  readonly onFault: (reason: string) => void
}

const LOOK_EVERY_MS = 100

interface Post {
  readonly watched: Watched
  beat: number
  silentMs: number
}

/**
 * Looks at the heartbeat and the memory of every actor in shared memory: sees a thread that spins or is stuck,
 * which cannot answer, and one that grows, which V8's limits do not contain.
 */
export class Watchdog {
  readonly #clock: Clock
  readonly #posts = new Set<Post>()
  #timer: Timer | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** @returns a function that ends the watch. */
  watch(watched: Watched): () => void {
    const post: Post = { watched, beat: watched.gauges.heartbeat, silentMs: 0 }
    this.#posts.add(post)
    this.#timer ??= every(this.#clock, LOOK_EVERY_MS, () => this.#look(), { background: true })
    return () => {
      this.#posts.delete(post)
      if (this.#posts.size > 0) return
      this.#timer?.cancel()
      this.#timer = undefined
    }
  }

  #look(): void {
    for (const post of [...this.#posts]) {
      const fault = this.#faultOf(post)
      if (fault === undefined || !this.#posts.delete(post)) continue
      post.watched.onFault(fault)
    }
  }

  #faultOf(post: Post): string | undefined {
    const { gauges, heartbeatMs, memory } = post.watched
    if (gauges.heapBytes > memory)
      return `it held ${formatBytes(gauges.heapBytes)} of memory; the limit is ${formatBytes(memory)}`
    const beat = gauges.heartbeat
    if (beat !== post.beat) {
      post.beat = beat
      post.silentMs = 0
      return undefined
    }
    // Looks are counted, not time: when the whole process stood still, nobody had a chance to beat.
    post.silentMs += LOOK_EVERY_MS
    return post.silentMs > heartbeatMs ? `it missed its heartbeat for ${post.silentMs} ms` : undefined
  }
}
