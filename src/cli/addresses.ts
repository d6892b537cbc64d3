import type { GatewayConfig } from '../config/gateway-config.js'
import { withoutUserInfo } from '../config/secrets.js'
import { type ReadAddress, readAddress } from '../core/address.js'
import type { Diagnostic } from '../core/diagnostic.js'

type Integration = GatewayConfig['integrations'][number]

/** The addresses of an integration as `check` lists them: with their ports, without passwords. */
export function shownAddresses(integration: Integration): readonly string[] {
  return integration.settings.endpoint.addresses.map((address) => {
    const read = readOf(integration, address)
    return read?.kind === 'address' ? read.shown : withoutUserInfo(address)
  })
}

/** An error for each address that its protocol cannot read. */
export function addressFaults(path: string, { integrations }: GatewayConfig): readonly Diagnostic[] {
  return integrations.flatMap((integration) =>
    integration.settings.endpoint.addresses.flatMap((address): Diagnostic[] => {
      const read = readOf(integration, address)
      if (read?.kind !== 'fault') return []
      const message = `integration "${integration.settings.name}": this is not an address of ${integration.settings.type}`
      const found = JSON.stringify(withoutUserInfo(address))
      return [{ severity: 'error', file: path, line: 0, column: 0, message, expected: read.expected, found }]
    }),
  )
}

/** Undefined where the protocol does not say how its addresses are written. */
function readOf({ manifest, settings }: Integration, address: string): ReadAddress | undefined {
  return manifest.addresses && readAddress(address, manifest.addresses, settings.endpoint)
}
