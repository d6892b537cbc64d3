import { ConnectionError } from '../../core/errors.js'
import { keySlot } from './client/key-slot.js'
import { addressKey, type Commands, redirectOf } from './commands.js'
import { redirectAddress, type ServerAddress } from './endpoint.js'
import type { Argument, Reply, Wire } from './wire.js'

/** So often may one command be sent on to another server. */
const MOST_REDIRECTS = 5

/**
 * Carries out commands on a cluster. Which server has which slot is learnt from the servers' redirections: the
 * first command for a slot may go to the wrong one. Commands for one slot keep their order once it is known.
 */
export class ClusterCommands implements Commands {
  readonly #main: Wire
  readonly #mainAddress: ServerAddress
  readonly #open: (address: ServerAddress) => Promise<Wire>
  readonly #wires = new Map<string, Wire | Promise<Wire>>()
  readonly #slots = new Map<number, ServerAddress>()

  /** @param open connects to a server of the cluster; asked once for each */
  constructor(main: Wire, mainAddress: ServerAddress, open: (address: ServerAddress) => Promise<Wire>) {
    this.#main = main
    this.#mainAddress = mainAddress
    this.#open = open
    this.#wires.set(addressKey(mainAddress), main)
  }

  /** The server that has a key, as far as it is known. */
  owner(key: string | undefined): ServerAddress {
    return (key === undefined ? undefined : this.#slots.get(keySlot(key))) ?? this.#mainAddress
  }

  async send(key: string | undefined, name: string, args: readonly Argument[]): Promise<Reply> {
    if (key === undefined) return this.#main.send(name, args)
    let address = this.owner(key)
    let asking = false
    for (let redirects = 0; ; redirects++) {
      const known = this.#wires.get(addressKey(address)) ?? this.#connect(address)
      const wire = known instanceof Promise ? await known : known
      try {
        if (asking) wire.send('asking', []).catch(ignore)
        return await wire.send(name, args)
      } catch (error) {
        const redirect = redirectOf(error)
        const next = redirect && redirectAddress(redirect.address, address)
        if (redirect === undefined || next === undefined) throw error
        if (redirects === MOST_REDIRECTS)
          throw new ConnectionError(`the cluster sent ${name} on ${redirects} times`, {
            errorClass: 'service-unavailable',
          })
        asking = redirect.kind === 'ask'
        if (!asking) this.#slots.set(keySlot(key), next)
        address = next
      }
    }
  }

  /** Remembers what a server said about a key. */
  moved(key: string, address: ServerAddress): void {
    this.#slots.set(keySlot(key), address)
  }

  #connect(address: ServerAddress): Promise<Wire> {
    const name = addressKey(address)
    const opening = this.#open(address).then(
      (wire) => {
        this.#wires.set(name, wire)
        return wire
      },
      (error: unknown) => {
        this.#wires.delete(name)
        throw error
      },
    )
    this.#wires.set(name, opening)
    return opening
  }
}

function ignore(): void {}
