import type { Capability } from '../../core/capability.js'
import type { IntegrationConfig } from '../gateway-config.js'
import type { Diagnostics } from '../hcl/diagnostics.js'
import { report } from '../hcl/index.js'
import type { Names } from '../names.js'
import type { Node } from '../node.js'
import type { ScriptContext } from './script.js'

const MEANING: Readonly<Partial<Record<Capability, string>>> = {
  call: 'calls',
  publish: 'publishing',
  subscribe: 'subscriptions',
  enqueue: 'queues',
  dequeue: 'queues',
}

/** Checks the names in blocks of the data flow against the rest of the configuration. */
export class FlowContext {
  readonly names: Names
  readonly scripts: ScriptContext
  readonly #integrations: ReadonlyMap<string, IntegrationConfig>
  readonly #diagnostics: Diagnostics

  constructor(
    names: Names,
    integrations: readonly IntegrationConfig[],
    scripts: ScriptContext,
    diagnostics: Diagnostics,
  ) {
    this.names = names
    this.scripts = scripts
    this.#integrations = new Map(integrations.map((each) => [each.settings.name, each]))
    this.#diagnostics = diagnostics
  }

  integration(name: string): IntegrationConfig | undefined {
    return this.#integrations.get(name)
  }

  /** Returns the operations of an integration whose messages carry headers. */
  carriesHeaders(name: string): readonly string[] {
    const found = this.integration(name)
    return found?.manifest.carriesHeaders?.(found.settings) ?? []
  }

  /** Reports a name that no block has. @param node the value with the name */
  checkName(kind: 'data' | 'action', name: string | undefined, node: Node | undefined): void {
    if (name === undefined || node === undefined || this.names.of(kind).has(name)) return
    this.names.unknown(kind, name, node.span, this.#diagnostics)
  }

  /** Reports an integration that does not exist. @param node the value with the name */
  checkIntegrationName(name: string, node: Node | undefined): void {
    if (node !== undefined && !this.names.of('integration').has(name))
      this.names.unknown('integration', name, node.span, this.#diagnostics)
  }

  /** Reports an integration that does not exist, or whose protocol lacks an operation. */
  checkIntegration(name: string | undefined, node: Node | undefined, capability: Capability): void {
    if (name === undefined || node === undefined) return
    if (!this.names.of('integration').has(name))
      return this.names.unknown('integration', name, node.span, this.#diagnostics)
    const found = this.integration(name)
    if (found === undefined || supports(found, capability)) return
    const { manifest, settings } = found
    const able = [...this.#integrations.values()].filter((each) => supports(each, capability))
    const type = manifest.variant?.(settings)?.name ?? manifest.type
    const what = MEANING[capability] ?? capability
    report(this.#diagnostics, node.span, {
      message: `the integration "${name}" has no ${what}: ${type} lacks "${capability}"`,
      expected:
        able.length === 0
          ? `an integration with ${what}, and there is none`
          : `one of ${able.map((each) => each.settings.name).join(', ')}`,
    })
  }

  /** Reports a wire format that payloads of an integration cannot have. */
  checkFormat(integration: string | undefined, format: string | undefined, node: Node | undefined): void {
    const found = integration === undefined ? undefined : this.integration(integration)
    if (found === undefined || format === undefined || node === undefined) return
    const { formats, type } = found.manifest
    if (formats.includes(format.replace(/^protobuf:.*/su, 'protobuf'))) return
    report(this.#diagnostics, node.span, {
      message: `payloads of ${type} cannot have the format "${format}"`,
      expected: `one of ${formats.join(', ')}`,
    })
  }
}

function supports({ manifest, settings }: IntegrationConfig, capability: Capability): boolean {
  const { capabilities } = manifest.variant?.(settings) ?? manifest
  return capabilities.includes(capability)
}
