import type { TransformSettings } from '../core/settings/transform.js'
import type { IntegrationMail } from '../mailbox/integration-mail.js'
import { JoinSender } from './feeds/join-sender.js'

/** Sends the values of `data` blocks to the actors whose transforms join them. */
export class Joins {
  readonly #values: Readonly<Record<string, unknown>>
  readonly #mailOf: (integration: string) => IntegrationMail
  /** By the name of the data, then by the name of the integration. */
  readonly #senders = new Map<string, Map<string, JoinSender>>()

  /** @param values the values of all data by name */
  constructor(values: Readonly<Record<string, unknown>>, mailOf: (integration: string) => IntegrationMail) {
    this.#values = values
    this.#mailOf = mailOf
  }

  /** Sends the values that transforms join to the integration on which they run. */
  addAll(transforms: readonly TransformSettings[], integration: string): void {
    for (const transform of transforms) if (transform.type === 'join') this.add(transform.with, integration)
  }

  /** Sends the values of a `data` block to the actor of an integration from now on. */
  add(name: string, integration: string): JoinSender {
    const senders = this.#senders.get(name) ?? new Map<string, JoinSender>()
    this.#senders.set(name, senders)
    const known = senders.get(integration)
    if (known !== undefined) return known
    const sender = new JoinSender(
      name,
      () => this.#mailOf(integration),
      () => this.#values[name],
    )
    senders.set(integration, sender)
    return sender
  }

  /** Called when the value of a `data` block has changed. */
  changed(name: string): void {
    for (const sender of this.#senders.get(name)?.values() ?? []) sender.changed()
  }

  /** Called when an integration has connected: a new life of its actor has no values yet. */
  connected(integration: string): void {
    for (const [name, senders] of this.#senders)
      if (this.#values[name] !== undefined) senders.get(integration)?.changed()
  }

  /** Forgets a `data` block that is gone. */
  remove(name: string): void {
    this.#senders.delete(name)
  }

  /** Forgets the integrations that are gone. */
  removeIntegrations(isRemoved: (integration: string) => boolean): void {
    for (const senders of this.#senders.values())
      for (const integration of senders.keys()) if (isRemoved(integration)) senders.delete(integration)
  }
}
