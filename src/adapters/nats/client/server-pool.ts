import { isIP } from 'node:net'
import type { Endpoint } from '../../../core/settings.js'
import { type ServerAddress, serverAddress, whereOf } from './address.js'

/**
 * The servers that may be tried: those of the endpoint, and those of the cluster that they told of. The one that
 * failed, or is about to end, is tried last.
 */
export class ServerPool {
  readonly #endpoint: Endpoint
  #configured: readonly ServerAddress[] = []
  #servers: ServerAddress[] = []
  /** The addresses that `#configured` was made of. */
  #read = ''

  /** @param endpoint its addresses may be others each time they are looked at */
  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
  }

  /** Takes over the addresses of the endpoint where they have changed. @throws ConnectionError for one that is none */
  refresh(): void {
    const { addresses } = this.#endpoint
    const read = addresses.join('\n')
    if (read === this.#read) return
    const configured = addresses.map((address) => serverAddress(address, this.#endpoint))
    const [now, before] = [configured, this.#configured].map((servers) => new Set(servers.map(whereOf)))
    const told = this.#servers.filter((each) => !now!.has(whereOf(each)) && !before!.has(whereOf(each)))
    this.#configured = configured
    this.#servers = [...configured, ...told]
    this.#read = read
  }

  /** In the order in which they are to be tried. */
  get servers(): readonly ServerAddress[] {
    return this.#servers
  }

  /** Moves a server to the end. */
  postpone(server: ServerAddress): void {
    const where = whereOf(server)
    const others = this.#servers.filter((each) => whereOf(each) !== where)
    if (others.length < this.#servers.length) this.#servers = [...others, server]
  }

  /**
   * Takes over what `from` tells of its cluster; servers that it does not name any more are forgotten, unless they
   * are configured. A server that is known by its number alone has to show the certificate of the one that told of it.
   */
  discovered(urls: readonly string[], from: ServerAddress): void {
    if (urls.length === 0) return
    const told = new Map<string, ServerAddress>()
    for (const url of urls) {
      const address = readAddress(url)
      if (address === undefined) continue
      const serverName = isIP(address.host) === 0 ? address.host : from.serverName
      told.set(whereOf(address), { ...address, serverName, secure: from.secure })
    }
    const fixed = new Set([from, ...this.#configured].map(whereOf))
    const kept = this.#servers.filter((each) => fixed.has(whereOf(each)) || told.has(whereOf(each)))
    const known = new Set(kept.map(whereOf))
    this.#servers = [...kept, ...[...told].filter(([where]) => !known.has(where)).map(([, each]) => each)]
  }
}

/** What a server tells us may be nonsense; it is not an error of ours. */
function readAddress(url: string): ServerAddress | undefined {
  try {
    return serverAddress(url, {})
  } catch {
    return undefined
  }
}
