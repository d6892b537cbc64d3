import type { AdapterFactory, ProtocolAdapter } from '../core/adapter.js'
import { ConfigError } from '../core/errors.js'
import { threadAddress } from './thread.js'

/**
 * Loads the adapter that the address of this thread names: one that is none of our own.
 * @throws what the module throws
 */
export async function loadCustomAdapter(): Promise<AdapterFactory> {
  const module = threadAddress().searchParams.get('module')
  if (module === null) throw new ConfigError('the address of this worker names no module')
  const { adapter } = (await import(module)) as { readonly adapter: AdapterFactory }
  return (context) => checked(adapter(context), module)
}

/** @throws ConfigError when it is not what an actor can work with: better here than at the first message */
function checked(made: ProtocolAdapter, module: string): ProtocolAdapter {
  for (const method of ['connect', 'disconnect'] as const)
    if (typeof made?.[method] !== 'function')
      throw new ConfigError(
        `the adapter that ${module} makes has no method "${method}"; expected an object with connect and disconnect, found ${made === null ? 'null' : typeof made}`,
      )
  return made
}
