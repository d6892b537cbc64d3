import type { GatewayConfig } from '../config/gateway-config.js'
import { shownAddresses, shownListener } from './addresses.js'
import { checkConfiguration } from './configuration.js'
import { plural, reportDiagnostics } from './report.js'
import type { Terminal } from './terminal.js'
import type { CommandOptions } from './usage.js'

/** Runs the command `check`. @returns the exit code */
export async function check(options: CommandOptions, terminal: Terminal): Promise<number> {
  const { path, json } = options
  const checked = await checkConfiguration(options)
  if (json) {
    terminal.out(`${JSON.stringify({ ok: checked.ok, diagnostics: checked.diagnostics })}\n`)
    return checked.ok ? 0 : 1
  }
  reportDiagnostics(checked.diagnostics, terminal)
  if (checked.ok) terminal.out(summary(path, checked.config))
  return checked.ok ? 0 : 1
}

function summary(path: string, config: GatewayConfig): string {
  const { integrations, scripts, servers, brokers, supervisors, data, actions, triggers } = config
  const rows = [
    ...integrations.map((integration) => [
      integration.settings.name,
      integration.settings.type,
      shownAddresses(integration).join(', '),
    ]),
    ...servers.map(({ settings, manifest }) => [
      settings.name,
      `${manifest.type} server`,
      shownListener(settings.listen),
    ]),
    ...brokers.map(({ name, manifest, listen }) => [name, `${manifest.type} broker`, shownListener(listen)]),
  ]
  const widths = [0, 1].map((column) => Math.max(0, ...rows.map((row) => row[column]!.length)))
  const lines = rows.map((row) =>
    `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd(),
  )
  const counts = [
    plural(integrations.length, 'integration'),
    ...(servers.length > 0 ? [plural(servers.length, 'server')] : []),
    ...(scripts.length > 0 ? [plural(scripts.length, 'script')] : []),
    plural(brokers.length, 'broker'),
    ...(supervisors.length > 0 ? [plural(supervisors.length, 'supervisor')] : []),
    ...(data.length > 0 ? [`${data.length} data`] : []),
    ...(actions.length > 0 ? [plural(actions.length, 'action')] : []),
    ...(triggers.length > 0 ? [plural(triggers.length, 'trigger')] : []),
  ]
  return `${path} is fine: ${counts.join(', ')}\n${lines.map((line) => `${line}\n`).join('')}`
}
