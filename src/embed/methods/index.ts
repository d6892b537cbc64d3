import type { Method } from '../method.js'
import { openRpcDocument } from '../openrpc.js'
import { ACTIONS } from './actions.js'
import { CALLS } from './calls.js'
import { CONFIGURATION } from './configuration.js'
import { DATA } from './data.js'
import { QUEUES } from './queues.js'
import { sessionMethods } from './session.js'
import { TOPICS } from './topics.js'
import { WATCHING } from './watching.js'

/** The one table of methods. @param version the version of the package */
export function methodTable(version: string): Readonly<Record<string, Method>> {
  const table: Readonly<Record<string, Method>> = {
    ...sessionMethods(
      version,
      () => Object.keys(table),
      () => openRpcDocument(table),
    ),
    ...CALLS,
    ...TOPICS,
    ...QUEUES,
    ...DATA,
    ...ACTIONS,
    ...WATCHING,
    ...CONFIGURATION,
  }
  return table
}
