import type { Feature, Features } from './features.js'

/** The block of one integration in the object form of the configuration. */
export type IntegrationOptions = Readonly<Record<string, unknown>> & { readonly type: string }

/** The test runner that the suite reports to: that of vitest, of node:test, of mocha, or another. */
export interface ComplianceHarness {
  describe(name: string, body: () => void): void
  it(name: string, body: () => Promise<void>): void
  /** With it, cases that leave their gateway as they found it share one, which ends after the suite. */
  afterAll?(body: () => Promise<void>): void
}

export interface ComplianceOptions {
  /** Of the adapter; the title of the suite. */
  readonly name: string
  /**
   * The integration under test; asked for by each case. Leave out `reconnect`, `mailbox`, `supervision`, `limits`,
   * `retry`, `timeout` and `circuit_breaker`, which are set by the cases.
   */
  readonly integration: () => IntegrationOptions | Promise<IntegrationOptions>
  /** Another integration that reaches the same broker or service; like the first one when absent. */
  readonly second?: () => IntegrationOptions | Promise<IntegrationOptions>
  /** Blocks that the configuration has beside `integrations`: `brokers`, say. */
  readonly surroundings?: Readonly<Record<string, unknown>>
  readonly features: Features
  /** Cases that cannot hold, by their name, each with a reason that a user of the adapter would accept. */
  readonly skips?: Readonly<Record<string, string>>
  readonly harness: ComplianceHarness
  /**
   * Ends the broker and starts it again at the same address; resolves when it takes connections. Without it the
   * broker counts as a part of the gateway, and the cases that lose it or outlive the gateway are left out.
   */
  readonly restartBroker?: () => Promise<void>
  /** An integration of the same kind whose broker or service does not run. */
  readonly unreachable?: () => IntegrationOptions | Promise<IntegrationOptions>
  /** The name of a method that this protocol cannot serve, where there is one. */
  readonly unservable?: string
  /** Makes a topic, queue or method of this protocol of a name that is unique to the case. As it is when absent. */
  readonly address?: (name: string) => string
  /**
   * For a protocol that calls and cannot serve: the methods of `ComplianceService` are served by the test, under
   * their own names.
   */
  readonly served?: boolean
  /** For a protocol that serves by a `server` block: its name among the `surroundings`, and it serves in place of the integrations. */
  readonly server?: string
  /** For a protocol whose messages are arrays or objects: the suite puts every other value into one. */
  readonly structured?: boolean
}

/** What a case needs: features, and options of the suite. */
export type Need = Feature | 'restartBroker' | 'unreachable' | 'unservable'

/** Whether everything that a case needs is there. */
export function has(
  options: Pick<ComplianceOptions, 'features'> & Partial<ComplianceOptions>,
  need: Need,
): boolean {
  switch (need) {
    case 'restartBroker':
    case 'unreachable':
    case 'unservable':
      return options[need] !== undefined
    default:
      return options.features[need]
  }
}
