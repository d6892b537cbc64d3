import { ConnectionError } from '../../core/errors/connection.js'
import type { Endpoint } from '../../core/settings/endpoint.js'
import { credentialsInside, hasCredentials, maskedAddress } from '../../core/user-info.js'
import type { BrokerAddress } from './client/address.js'

type NetworkTransport = Exclude<BrokerAddress['transport'], 'unix'>

const TRANSPORTS: Readonly<Record<string, NetworkTransport>> = {
  'mqtt:': 'tcp',
  'tcp:': 'tcp',
  'mqtts:': 'tls',
  'ssl:': 'tls',
  'ws:': 'ws',
  'wss:': 'wss',
}
const SECURED = { tcp: 'tls', tls: 'tls', ws: 'wss', wss: 'wss' } as const
const DEFAULT_PORTS = { tcp: 1883, tls: 8883, ws: 80, wss: 443 } as const

/**
 * Parses one address of an endpoint: a host, `host:port`, a URL with `mqtt`, `mqtts`, `ws` or `wss`, or `unix:` with a
 * socket path. A port in the address overrides the endpoint's port; TLS settings of the endpoint apply to plain URLs
 * too.
 * @throws ConnectionError for any other address; the message never contains a password
 */
export function brokerAddress(address: string, endpoint: Endpoint): BrokerAddress {
  if (hasCredentials(address)) throw new ConnectionError(credentialsInside(address), { retryable: false })
  if (address.startsWith('unix:')) return unixAddress(address, endpoint)
  const bareIpv6 = address.includes('::') && !address.includes('[') && !address.includes('//')
  const text = address.includes('://') ? address : `mqtt://${bareIpv6 ? `[${address}]` : address}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  const named = url && TRANSPORTS[url.protocol]
  if (url === undefined || named === undefined || url.hostname === '')
    throw new ConnectionError(
      `expected a host, an mqtt, mqtts, ws or wss URL, or unix:/path as the address, found ${JSON.stringify(maskedAddress(address))}`,
      { retryable: false },
    )
  const transport = endpoint.tls === undefined ? named : SECURED[named]
  const ownPath = url.pathname === '/' || url.pathname === '' ? undefined : url.pathname + url.search
  const path = ownPath ?? endpoint.path ?? '/mqtt'
  return {
    transport,
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? (endpoint.port ?? DEFAULT_PORTS[transport]) : Number(url.port),
    path: path.startsWith('/') ? path : `/${path}`,
  }
}

function unixAddress(address: string, endpoint: Endpoint): BrokerAddress {
  const path = address.slice('unix:'.length).replace(/^\/\/(?=\/)/, '')
  if (path === '')
    throw new ConnectionError(`expected a socket path after "unix:", found "${address}"`, {
      retryable: false,
    })
  if (endpoint.tls !== undefined)
    throw new ConnectionError(
      `TLS is not supported over a unix socket: remove the \`tls\` block, or use another address than ${address}`,
      { retryable: false },
    )
  return { transport: 'unix', host: path, port: 0, path: '' }
}
