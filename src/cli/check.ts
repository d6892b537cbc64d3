import type { GatewayConfig } from '../config/gateway-config.js'
import { type CheckedConfig, checkWithModules } from '../config/load.js'
import { schemaFaults } from '../gateway-schemas.js'
import { plural, reportDiagnostics } from './report.js'
import type { Terminal } from './terminal.js'
import type { CommandOptions } from './usage.js'

/** The command `check`. @returns the exit code */
export async function check({ path, variables, json }: CommandOptions, terminal: Terminal): Promise<number> {
  const checked = await withSchemaFaults(await checkWithModules(path, { variables }))
  if (json) {
    terminal.out(`${JSON.stringify({ ok: checked.ok, diagnostics: checked.diagnostics })}\n`)
    return checked.ok ? 0 : 1
  }
  reportDiagnostics(checked.diagnostics, terminal)
  if (checked.ok) terminal.out(summary(path, checked.config))
  return checked.ok ? 0 : 1
}

async function withSchemaFaults(checked: CheckedConfig): Promise<CheckedConfig> {
  const faults = checked.ok ? await schemaFaults(checked.config) : []
  return faults.length === 0 ? checked : { ok: false, diagnostics: [...checked.diagnostics, ...faults] }
}

function summary(path: string, { integrations, servers, brokers, supervisors }: GatewayConfig): string {
  const rows = [
    ...integrations.map(({ settings }) => [
      settings.name,
      settings.type,
      settings.endpoint.addresses.map(bare).join(', '),
    ]),
    ...servers.map(({ settings, manifest }) => [settings.name, `${manifest.type} server`, '']),
    ...brokers.map(({ name, manifest }) => [name, `${manifest.type} broker`, '']),
  ]
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)))
  const lines = rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  )
  const counts = [
    plural(integrations.length, 'integration'),
    ...(servers.length > 0 ? [plural(servers.length, 'server')] : []),
    plural(brokers.length, 'broker'),
    ...(supervisors.length > 0 ? [plural(supervisors.length, 'supervisor')] : []),
  ]
  return `${path} is fine: ${counts.join(', ')}\n${lines.map((line) => `${line}\n`).join('')}`
}

/** An address may be a URL that holds a password. */
function bare(address: string): string {
  return address.replace(/\/\/[^@/]*@/u, '//')
}
