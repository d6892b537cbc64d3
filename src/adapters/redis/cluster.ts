import { ConnectionError } from '../../core/errors/connection.js'
import { keySlot } from './client/key-slot.js'
import { addressKey, type Commands, redirectOf } from './commands.js'
import type { Argument, RedisConnection, Reply } from './connection.js'
import { redirectAddress, type ServerAddress } from './endpoint.js'

/** How many redirections one command may follow. */
const MOST_REDIRECTS = 5

/**
 * Sends each command to the server of a cluster that holds its key. It learns the owner of each slot from MOVED replies
 * (Redis Cluster specification), so only the first command for a slot can reach the wrong server.
 */
export class ClusterCommands implements Commands {
  readonly #main: RedisConnection
  readonly #mainAddress: ServerAddress
  readonly #open: (address: ServerAddress) => Promise<RedisConnection>
  readonly #connections = new Map<string, RedisConnection | Promise<RedisConnection>>()
  readonly #slots = new Map<number, ServerAddress>()

  /** @param open connects to a server of the cluster; called once for each server */
  constructor(
    main: RedisConnection,
    mainAddress: ServerAddress,
    open: (address: ServerAddress) => Promise<RedisConnection>,
  ) {
    this.#main = main
    this.#mainAddress = mainAddress
    this.#open = open
    this.#connections.set(addressKey(mainAddress), main)
  }

  /** Returns the last known owner of a key, or the first server if the owner is unknown. */
  owner(key: string | undefined): ServerAddress {
    return (key === undefined ? undefined : this.#slots.get(keySlot(key))) ?? this.#mainAddress
  }

  /**
   * Sends a command and follows redirections. Once the owner of a slot is known, commands for that slot keep their
   * order.
   */
  async send(key: string | undefined, name: string, args: readonly Argument[]): Promise<Reply> {
    if (key === undefined) return this.#main.send(name, args)
    let address = this.owner(key)
    let asking = false
    for (let redirects = 0; ; redirects++) {
      const known = this.#connections.get(addressKey(address)) ?? this.#connect(address)
      const connection = known instanceof Promise ? await known : known
      try {
        if (asking) connection.send('asking', []).catch(ignore)
        return await connection.send(name, args)
      } catch (error) {
        const redirect = redirectOf(error)
        const next = redirect && redirectAddress(redirect.address, address)
        if (redirect === undefined || next === undefined) throw error
        if (redirects === MOST_REDIRECTS)
          throw new ConnectionError(
            `the cluster redirected ${name} ${redirects} times, which is the limit: its nodes disagree about the slots`,
            {
              errorClass: 'service-unavailable',
            },
          )
        asking = redirect.kind === 'ask'
        if (!asking) this.#slots.set(keySlot(key), next)
        address = next
      }
    }
  }

  /** Records the owner of a key's slot. */
  moved(key: string, address: ServerAddress): void {
    this.#slots.set(keySlot(key), address)
  }

  #connect(address: ServerAddress): Promise<RedisConnection> {
    const name = addressKey(address)
    const opening = this.#open(address).then(
      (connection) => {
        this.#connections.set(name, connection)
        return connection
      },
      (error: unknown) => {
        this.#connections.delete(name)
        throw error
      },
    )
    this.#connections.set(name, opening)
    return opening
  }
}

function ignore(): void {}
