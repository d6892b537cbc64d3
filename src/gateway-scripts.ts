import type { PubSubClient } from './client/pubsub-client.js'
import type { QueueClient } from './client/queue-client.js'
import type { RpcClient } from './client/rpc-client.js'
import type { GatewayConfig } from './config/gateway-config.js'
import { functionsIn } from './config/script-functions.js'
import { systemClock } from './core/clock.js'
import { ConfigError } from './core/errors/config.js'
import { IntegrationError } from './core/errors/integration-error.js'
import { RpcError } from './core/errors/rpc.js'
import type { ScriptFunction } from './core/settings/script.js'
import type { Headers } from './core/value.js'
import type { Action } from './dataflow/actions/action.js'
import type { CallScript } from './dataflow/actions/run.js'
import { type Hops, withHops } from './dataflow/hops.js'
import { messageOf } from './mailbox/error-codec.js'
import type { ScriptOperation } from './mailbox/script-protocol.js'
import type { Reporter } from './reporter.js'
import { INTERNAL_ERROR, type RpcHandler } from './router/rpc-routes.js'
import type { PerformOperation } from './scripts/operations.js'
import { Scripts } from './scripts/scripts.js'
import { workerFile } from './supervisor/worker-file.js'

/** What scripts may use of a gateway. */
interface Used {
  rpc(integration: string): Pick<RpcClient, 'call'>
  pubsub(integration: string): Pick<PubSubClient, 'publish'>
  queue(integration: string): Pick<QueueClient, 'send'>
  data(name: string): { readonly value: unknown }
  action(name: string): Pick<Action, 'runAfter'>
}

/** Makes the scripts of a gateway. */
export function makeScripts(config: GatewayConfig, gateway: Used, reporter: Reporter): Scripts {
  const worker = () =>
    workerFile({ type: 'script', worker: () => new URL('../workers/script.mjs', import.meta.url) })
  return new Scripts(config.scripts, functionsIn(config), worker, {
    clock: systemClock,
    perform: operationsOf(gateway, carriersIn(config)),
    report: (report) => reporter.report(report),
  })
}

/** Makes the handler of a method that is a function of a script. */
export function scriptHandler(scripts: Scripts, handler: ScriptFunction): RpcHandler {
  return (params, context) => {
    const { method, headers, identity } = context
    return resultOf(
      scripts.call(handler, params, { method, headers, ...(identity !== undefined && { identity }) }),
    )
  }
}

/** Makes what calls the function of an action. What a function throws becomes an RpcError. */
export function scriptCaller(scripts: Scripts): CallScript {
  return async (handler, params, method, { signal, hops }) => {
    try {
      return await resultOf(scripts.call(handler, params, { method, headers: {}, signal, hops }))
    } catch (error) {
      if (error instanceof IntegrationError) throw error
      const { script, function: name } = handler
      throw new RpcError(INTERNAL_ERROR, `script.${script}.${name}: ${messageOf(error)}`, undefined, {
        cause: error,
      })
    }
  }
}

/** A function that returns nothing has the result null. */
async function resultOf(result: Promise<unknown>): Promise<unknown> {
  return (await result) ?? null
}

/** Finds which operations of an integration carry headers. */
function carriersIn({ integrations }: GatewayConfig): (integration: string) => readonly string[] {
  const byName = new Map(integrations.map((each) => [each.settings.name, each]))
  return (name) => {
    const found = byName.get(name)
    return found?.manifest.carriesHeaders?.(found.settings) ?? []
  }
}

/** Adds the hops to the options of a message. Headers that are none stay for the client to refuse. */
function optionsWithHops(options: object, hops: Hops): object {
  const { headers } = options as { readonly headers?: Headers }
  if (hops.length === 0 || (headers !== undefined && (typeof headers !== 'object' || headers === null)))
    return options
  return { ...options, headers: withHops(headers, hops) }
}

function operationsOf(gateway: Used, carried: (integration: string) => readonly string[]): PerformOperation {
  return async (operation, args, signal, hops) => {
    const [name, target, value, given] = args
    if (typeof name !== 'string' || (NEEDS_TARGET.includes(operation) && typeof target !== 'string'))
      throw new ConfigError(`gateway.${operation}: expected ${EXPECTED[operation]}`)
    const options = { ...(given as object), signal }
    const hopped = (kind: string) => (carried(name).includes(kind) ? optionsWithHops(options, hops) : options)
    switch (operation) {
      case 'call':
        return gateway.rpc(name).call(target as string, value, options)
      case 'publish':
        return gateway.pubsub(name).publish(target as string, value, hopped('publish'))
      case 'send':
        return gateway.queue(name).send(target as string, value, hopped('enqueue'))
      case 'data':
        return gateway.data(name).value
      case 'action':
        return gateway.action(name).runAfter(hops, target ?? {}, { ...(value as object), signal })
    }
  }
}

const NEEDS_TARGET: readonly ScriptOperation[] = ['call', 'publish', 'send']
const EXPECTED: Readonly<Record<ScriptOperation, string>> = {
  call: 'the name of an integration and a method',
  publish: 'the name of an integration and a topic',
  send: 'the name of an integration and a queue',
  data: 'the name of a data block',
  action: 'the name of an action',
}
