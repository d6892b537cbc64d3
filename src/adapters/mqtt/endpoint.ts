import { ConnectionError } from '../../core/errors.js'
import type { Endpoint } from '../../core/settings.js'

/** Where and how one broker is reached. */
export interface BrokerAddress {
  readonly transport: 'tcp' | 'tls' | 'ws' | 'wss'
  readonly host: string
  readonly port: number
  /** Of the WebSocket handshake; begins with a slash. */
  readonly path: string
}

const TRANSPORTS: Readonly<Record<string, BrokerAddress['transport']>> = {
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
 * Reads one address of an endpoint: a host, `host:port`, or a URL of `mqtt`, `mqtts`, `ws` or `wss`. A port in
 * the address goes before the endpoint's; TLS settings make a plain transport a secure one.
 * @throws ConnectionError when it is none of these.
 */
export function brokerAddress(address: string, endpoint: Endpoint): BrokerAddress {
  const bareIpv6 = address.includes('::') && !address.includes('[') && !address.includes('//')
  const text = address.includes('://') ? address : `mqtt://${bareIpv6 ? `[${address}]` : address}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  const named = url && TRANSPORTS[url.protocol]
  if (url === undefined || named === undefined || url.hostname === '')
    throw new ConnectionError(
      `expected a host or an mqtt, mqtts, ws or wss URL as the address, found ${JSON.stringify(hidePassword(address))}`,
      { retryable: false },
    )
  if (url.username !== '' || url.password !== '')
    throw new ConnectionError(`the address of ${url.host} holds credentials: they belong in an auth block`, {
      retryable: false,
    })
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

function hidePassword(address: string): string {
  return address.replace(/\/\/[^@/]*@/, '//***@')
}
