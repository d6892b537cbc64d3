import { isIP } from 'node:net'
import type { Endpoint } from '../../../core/settings/endpoint.js'
import { type ServerAddress, serverAddress, whereOf } from './address.js'

/**
 * The servers to try: those of the endpoint, and those of the cluster that a server has reported. A server that failed
 * or is shutting down is tried last.
 */
export class ServerPool {
  readonly #endpoint: Endpoint
  #configured: readonly ServerAddress[] = []
  #servers: ServerAddress[] = []
  /** The addresses from which `#configured` was made. */
  #read = ''

  /** @param endpoint its `addresses` are read again at each refresh */
  constructor(endpoint: Endpoint) {
    this.#endpoint = endpoint
  }

  /** Applies changed addresses of the endpoint. @throws ConnectionError for an invalid address */
  refresh(): void {
    const { addresses } = this.#endpoint
    const read = addresses.join('\n')
    if (read === this.#read) return
    const configured = addresses.map((address) => serverAddress(address, this.#endpoint))
    const [now, before] = [configured, this.#configured].map((servers) => new Set(servers.map(whereOf)))
    const discovered = this.#servers.filter((each) => !now!.has(whereOf(each)) && !before!.has(whereOf(each)))
    this.#configured = configured
    this.#servers = [...configured, ...discovered]
    this.#read = read
  }

  /** The servers in the order in which to try them. */
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
   * Replaces the discovered servers with those that `from` reports.
   * A server that is reported by IP address must present a certificate for the name of the reporting server.
   */
  discovered(urls: readonly string[], from: ServerAddress): void {
    if (urls.length === 0) return
    const reported = new Map<string, ServerAddress>()
    for (const url of urls) {
      const address = readAddress(url)
      if (address === undefined) continue
      const serverName = isIP(address.host) === 0 ? address.host : from.serverName
      reported.set(whereOf(address), { ...address, serverName, secure: from.secure })
    }
    const fixed = new Set([from, ...this.#configured].map(whereOf))
    const kept = this.#servers.filter((each) => fixed.has(whereOf(each)) || reported.has(whereOf(each)))
    const known = new Set(kept.map(whereOf))
    this.#servers = [...kept, ...[...reported].filter(([where]) => !known.has(where)).map(([, each]) => each)]
  }
}

/** Returns undefined for an invalid address: what a server reports is not under our control. */
function readAddress(url: string): ServerAddress | undefined {
  try {
    return serverAddress(url, {})
  } catch {
    return undefined
  }
}
