import { hasCredentials, withoutSecretParameters } from './user-info.js'

/** How the addresses of a protocol are written, and the default port of each scheme. */
export interface AddressForm {
  /** The default port for each URL scheme. An address without a scheme gets the first one. */
  readonly schemes: Readonly<Record<string, number>>
  /** The scheme that replaces another if the endpoint has TLS settings. */
  readonly secured?: Readonly<Record<string, string>>
  /** Whether `unix:/path` names a socket. */
  readonly unix?: boolean
}

export type ReadAddress =
  | { readonly kind: 'address'; readonly shown: string }
  | { readonly kind: 'fault'; readonly expected: string }

const HIGHEST_PORT = 65_535

/**
 * Reads an address of an endpoint: a host, `host:port` or a URL.
 * @param endpoint supplies the port if the address has none
 * @returns the address with its port and without user info, or what was expected instead
 */
export function readAddress(
  address: string,
  form: AddressForm,
  endpoint: { readonly port?: number; readonly tls?: unknown } = {},
): ReadAddress {
  const [first = ''] = Object.keys(form.schemes)
  const fault = { kind: 'fault', expected: describeForm(form) } as const
  if (hasCredentials(address))
    return { kind: 'fault', expected: 'an address without credentials, which belong in the `auth` block' }
  if (form.unix && /^unix:./.test(address)) return { kind: 'address', shown: address }
  const bareIpv6 = /^[^[\]/]*:[^[\]/]*:/.test(address)
  const text = address.includes('://') ? address : `${first}://${bareIpv6 ? `[${address}]` : address}`
  const [, named = '', rest = ''] = /^([a-z][a-z\d+.-]*):\/\/(.*)$/i.exec(text) ?? []
  const plain = named.toLowerCase()
  const scheme = endpoint.tls === undefined ? plain : (form.secured?.[plain] ?? plain)
  const usual = Object.hasOwn(form.schemes, plain) ? form.schemes[scheme] : undefined
  if (usual === undefined || /\s/.test(rest)) return fault
  // `URL` drops the default port of web schemes such as https; under any other scheme it keeps the port.
  const asUrl = `nemo://${rest}`
  if (!URL.canParse(asUrl)) return fault
  const url = new URL(asUrl)
  if (url.hostname === '') return fault
  const path = url.pathname === '/' ? '' : withoutSecretParameters(url.pathname + url.search)
  const port = url.port === '' ? (endpoint.port ?? usual) : Number(url.port)
  if (port === 0) return fault
  return { kind: 'address', shown: `${scheme}://${url.hostname}:${port}${path}` }
}

function describeForm({ schemes, unix }: AddressForm): string {
  const urls = `a URL with ${Object.keys(schemes).join(', ')}`
  return `a host, host:port${unix ? ', unix:/path' : ''} or ${urls}, with a port from 1 to ${HIGHEST_PORT}`
}
