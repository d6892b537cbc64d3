import { isIPv6 } from 'node:net'
import type { GatewayConfig } from '../config/gateway-config.js'
import { type ReadAddress, readAddress } from '../core/address.js'
import type { Diagnostic } from '../core/diagnostic.js'
import { maskedAddress } from '../core/user-info.js'

type Integration = GatewayConfig['integrations'][number]

/** Returns the addresses of an integration for the output of `check`, with ports and without passwords. */
export function shownAddresses(integration: Integration): readonly string[] {
  return integration.settings.endpoint.addresses.map((address) => {
    const read = readOf(integration, address)
    return read?.kind === 'address' ? read.shown : maskedAddress(address)
  })
}

/** Shows where a server or a broker will listen; empty for a broker that is reached without a port. */
export function shownListener(listen: Partial<Record<'address' | 'port' | 'path', unknown>> = {}): string {
  const { address, port, path = '' } = listen
  if (address === undefined || port === undefined) return ''
  return port === 0 ? `${address}, any free port` : `${shownHost(String(address))}:${port}${path}`
}

function shownHost(address: string): string {
  return isIPv6(address) ? `[${address}]` : address
}

/** Returns an error for each address that its protocol cannot parse. */
export function addressFaults(path: string, { integrations }: GatewayConfig): readonly Diagnostic[] {
  return integrations.flatMap((integration) =>
    integration.settings.endpoint.addresses.flatMap((address): Diagnostic[] => {
      const read = readOf(integration, address)
      if (read?.kind !== 'fault') return []
      const message = `integration "${integration.settings.name}": invalid address for ${integration.settings.type}`
      const found = JSON.stringify(maskedAddress(address))
      return [{ severity: 'error', file: path, line: 0, column: 0, message, expected: read.expected, found }]
    }),
  )
}

/** Parses an address; `undefined` if the protocol does not describe its addresses. */
function readOf({ manifest, settings }: Integration, address: string): ReadAddress | undefined {
  return manifest.addresses && readAddress(address, manifest.addresses, settings.endpoint)
}
