import type { AdapterFactory, ProtocolAdapter } from '../core/adapter/protocol-adapter.js'
import { ConfigError } from '../core/errors/config.js'
import { importModule, threadAddress } from './thread.js'

/**
 * Loads the custom adapter whose module is the query parameter `module` of this thread's address.
 * @throws what the module throws
 */
export async function loadCustomAdapter(): Promise<AdapterFactory> {
  const module = threadAddress().searchParams.get('module')
  if (module === null) throw new ConfigError('the address of this worker has no query parameter "module"')
  const { adapter } = (await importModule(module)) as { readonly adapter: AdapterFactory }
  return (context) => checked(adapter(context), module)
}

/**
 * Checks that the factory returned an adapter, so that a wrong one fails at the start and not at the first message.
 * @throws ConfigError
 */
function checked(made: ProtocolAdapter, module: string): ProtocolAdapter {
  for (const method of ['connect', 'disconnect'] as const)
    if (typeof made?.[method] !== 'function')
      throw new ConfigError(
        `the adapter of ${module} has no method "${method}": expected an object with "connect" and "disconnect", found ${made === null ? 'null' : typeof made}`,
      )
  return made
}
