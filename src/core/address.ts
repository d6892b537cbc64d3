/** How the addresses of a protocol are written, and the port that each scheme stands for. */
export interface AddressForm {
  /** A port by the scheme of a URL; an address without one is of the first scheme. */
  readonly schemes: Readonly<Record<string, number>>
  /** The scheme that TLS settings make of another. */
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
 * @param endpoint its port is that of an address that names none.
 * @returns the address with its port and without user info, or what was expected in its place.
 */
export function readAddress(
  address: string,
  form: AddressForm,
  endpoint: { readonly port?: number; readonly tls?: unknown } = {},
): ReadAddress {
  const [first = ''] = Object.keys(form.schemes)
  if (form.unix && /^unix:./.test(address)) return { kind: 'address', shown: address }
  const fault = { kind: 'fault', expected: describeForm(form) } as const
  const bareIpv6 = /^[^[\]/]*:[^[\]/]*:/.test(address)
  const text = address.includes('://') ? address : `${first}://${bareIpv6 ? `[${address}]` : address}`
  const [, named = '', rest = ''] = /^([a-z][a-z\d+.-]*):\/\/(.*)$/i.exec(text) ?? []
  const plain = named.toLowerCase()
  const scheme = endpoint.tls === undefined ? plain : (form.secured?.[plain] ?? plain)
  const usual = Object.hasOwn(form.schemes, plain) ? form.schemes[scheme] : undefined
  if (usual === undefined || /\s/.test(rest)) return fault
  // The port that a scheme of the web stands for is left out by URL: any other scheme keeps it.
  const asUrl = `nemo://${rest}`
  if (!URL.canParse(asUrl)) return fault
  const url = new URL(asUrl)
  if (url.hostname === '') return fault
  const path = url.pathname === '/' ? '' : url.pathname + url.search
  const port = url.port === '' ? (endpoint.port ?? usual) : Number(url.port)
  if (port === 0) return fault
  return { kind: 'address', shown: `${scheme}://${url.hostname}:${port}${path}` }
}

function describeForm({ schemes, unix }: AddressForm): string {
  const urls = `a URL with ${Object.keys(schemes).join(', ')}`
  return `a host, host:port${unix ? ', unix:/path' : ''} or ${urls}, with a port from 1 to ${HIGHEST_PORT}`
}
