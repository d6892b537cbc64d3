import { z } from 'zod'
import { EVENTS } from '../../core/events.js'
import { ENCODINGS } from '../encoding.js'
import { type Method, method } from '../method.js'
import { NOTIFICATIONS } from '../notifications.js'
import { LIMITS, PROTOCOL_VERSION } from '../protocol.js'
import { durationOf, eventName, nothing } from '../schemas.js'
import { INVALID_PARAMS, ProtocolFault } from '../wire-error.js'

const labelled = (what: string) =>
  z
    .record(z.string(), z.object({ type: z.string().meta({ description: 'The protocol.' }) }))
    .meta({ description: `${what}, by label.` })

/**
 * Makes the methods of the session itself.
 * @param version the version of the package
 * @param names the names of all methods
 * @param openRpc makes the machine-readable description of all methods
 */
export function sessionMethods(
  version: string,
  names: () => readonly string[],
  openRpc: () => object,
): Readonly<Record<string, Method>> {
  return {
    initialize: method({
      summary: 'Begins the session. Must be the first request.',
      params: z.strictObject({
        protocol: z.int().meta({ description: `The version of the protocol: ${PROTOCOL_VERSION}.` }),
        client: z
          .looseObject({ name: z.string(), version: z.string().optional() })
          .meta({ description: 'Who connects, for the log.' })
          .optional(),
        encoding: z
          .enum(ENCODINGS)
          .meta({
            description:
              'How messages are written after this request and its answer. Default `lines`. With `messagepack` each message is MessagePack behind its length, a big-endian number of four bytes.',
          })
          .optional(),
      }),
      result: z.object({
        protocol: z.int(),
        gateway: z.object({ name: z.string(), version: z.string() }),
        encoding: z.enum(ENCODINGS),
        capabilities: z.object({
          methods: z.array(z.string()).meta({ description: 'All methods.' }),
          notifications: z.array(z.string()).meta({ description: 'What the gateway may send.' }),
          events: z.array(z.string()).meta({ description: 'What `listen` takes.' }),
          encodings: z.array(z.string()),
        }),
        limits: z.object({
          message: z.int().meta({ description: 'The largest message to the gateway, in bytes.' }),
          inFlight: z.int().meta({ description: 'Requests in flight before input waits.' }),
          batch: z.int().meta({ description: 'Requests of a JSON-RPC batch.' }),
          sources: z.int().meta({ description: 'Open subscriptions and consumers.' }),
          deliveries: z.int().meta({ description: 'Deliveries that are not settled.' }),
        }),
        integrations: labelled('The integrations'),
        servers: labelled('The servers'),
        data: z.array(z.string()).meta({ description: 'The labels of the `data` blocks.' }),
        actions: z.array(z.string()).meta({ description: 'The labels of the `action` blocks.' }),
      }),
      errors: [],
      always: true,
      run({ protocol, encoding = 'lines' }, { gateway, session }) {
        if (protocol !== PROTOCOL_VERSION)
          throw new ProtocolFault(
            INVALID_PARAMS,
            `initialize: "protocol": expected ${PROTOCOL_VERSION}, found ${protocol}`,
          )
        session.initialize(encoding)
        const { integrations, servers, data, actions } = gateway.metrics()
        return {
          protocol: PROTOCOL_VERSION,
          gateway: { name: 'nemo-gateway', version },
          encoding,
          capabilities: {
            methods: [...names()],
            notifications: Object.keys(NOTIFICATIONS),
            events: [...Object.keys(EVENTS), 'log'],
            encodings: [...ENCODINGS],
          },
          limits: LIMITS,
          integrations: typesOf(integrations),
          servers: typesOf(servers),
          data: Object.keys(data),
          actions: Object.keys(actions),
        }
      },
    }),
    'rpc.discover': method({
      summary: 'Returns the OpenRPC document of all methods.',
      params: z.strictObject({}),
      result: z.looseObject({}).meta({ description: 'An OpenRPC document.' }),
      errors: [],
      always: true,
      run: () => openRpc() as Record<string, unknown>,
    }),
    cancel: method({
      summary:
        'Cancels a request in flight, which then answers with an error of the kind `cancelled`, unless it has just ended.',
      params: z.strictObject({
        id: z.union([z.string(), z.number()]).meta({ description: 'The id of the request.' }),
      }),
      result: z.boolean().meta({ description: 'false if no cancellable request with that id is in flight.' }),
      errors: [],
      run: ({ id }, { session }) => session.cancel(id),
    }),
    listen: method({
      summary: 'Sends these events from now on, and no others.',
      params: z.strictObject({
        events: z
          .array(eventName)
          .meta({ description: 'Names of events. Default: all but `log`. An empty list stops them.' })
          .optional(),
      }),
      result: z.array(z.string()).meta({ description: 'The events that are sent.' }),
      errors: [],
      run({ events = Object.keys(EVENTS) }, { session, afterAnswer }) {
        const names = [...new Set(events)] as (keyof typeof EVENTS)[]
        afterAnswer(() => session.listen(names))
        return names
      },
    }),
    shutdown: method({
      summary:
        'Drains and stops the gateway. Answers when everything has stopped; the process then exits with 0.',
      params: z.strictObject({
        timeout: durationOf('Milliseconds or text such as `"10s"` for all of it together. Default 10 s.'),
      }),
      result: nothing,
      errors: [],
      always: true,
      async run({ timeout }, { session }) {
        await session.shutdown(timeout)
        return null
      },
    }),
  }
}

function typesOf(blocks: Readonly<Record<string, { readonly type: string }>>) {
  return Object.fromEntries(Object.entries(blocks).map(([name, { type }]) => [name, { type }]))
}
