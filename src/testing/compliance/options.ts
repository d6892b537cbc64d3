import type { Gateway } from '../../gateway.js'
import type { Feature, Features } from './features.js'

/** The block of one integration in the object form of the configuration. */
export type IntegrationOptions = Readonly<Record<string, unknown>> & { readonly type: string }

/** The test runner that the suite reports to: that of vitest, node:test, mocha, or another. */
export interface ComplianceHarness {
  /**
   * Groups tests.
   * @param name what is tested
   * @param body registers the tests of the group, at once
   * @throws what the runner throws
   */
  describe(name: string, body: () => void): void
  /**
   * Registers a test.
   * @param name the name of the case
   * @param body the test, which fails when its promise rejects
   * @throws what the runner throws
   */
  it(name: string, body: () => Promise<void>): void
  /**
   * If present, cases that leave their gateway unchanged share one, which is shut down after the suite.
   * @param body is awaited
   * @throws what the runner throws
   */
  afterAll?(body: () => Promise<void>): void
}

/** Options of the compliance suite. */
export interface ComplianceOptions {
  /** Name of the adapter, used as the title of the suite. */
  readonly name: string
  /**
   * Returns the integration under test; called for each case. Omit `reconnect`, `mailbox`, `supervision`, `limits`,
   * `retry`, `timeout` and `circuit_breaker`, which the cases set.
   */
  readonly integration: () => IntegrationOptions | Promise<IntegrationOptions>
  /** Returns another integration at the same broker or service. Default: the same as `integration`. */
  readonly second?: () => IntegrationOptions | Promise<IntegrationOptions>
  /** Blocks of the configuration beside `integrations`, such as `brokers`. */
  readonly surroundings?: Readonly<Record<string, unknown>>
  /** What the protocol can do. */
  readonly features: Features
  /** Cases that the adapter cannot pass, by name, each with a reason that users of the adapter would accept. */
  readonly skips?: Readonly<Record<string, string>>
  /** The test runner. */
  readonly harness: ComplianceHarness
  /**
   * Restarts the broker at the same address and resolves when it accepts connections. Without it the broker counts
   * as part of the gateway, and cases that lose it or outlive the gateway are omitted.
   */
  readonly restartBroker?: () => Promise<void>
  /** Returns an integration of the same kind whose broker or service does not run. */
  readonly unreachable?: () => IntegrationOptions | Promise<IntegrationOptions>
  /**
   * Makes the broker refuse messages for a queue that nobody uses yet. Resolves when it does, with the function that
   * makes it accept them. A broker that refuses what nobody consumes needs to do nothing.
   */
  readonly refuseQueue?: (queue: string, gateway: Gateway) => Promise<() => Promise<void>>
  /** Name of a method that the protocol cannot serve, if there is one. */
  readonly unservable?: string
  /**
   * Converts a name that is unique to the case into a topic, queue or method of the protocol. Default: unchanged.
   */
  readonly address?: (name: string) => string
  /**
   * Set for a protocol that can call but not serve: the test serves the methods of `ComplianceService` under their
   * own names.
   */
  readonly served?: boolean
  /** Name of a `server` block in `surroundings`, for a protocol that serves by it instead of the integrations. */
  readonly server?: string
  /** Set for a protocol whose messages are arrays or objects: the suite wraps every other value. */
  readonly structured?: boolean
}

/** Requirements of a case: features, and options of the suite. */
export type Need = Feature | 'restartBroker' | 'refuseQueue' | 'unreachable' | 'unservable'

/** Tells whether the options provide what a case needs. */
export function has(
  options: Pick<ComplianceOptions, 'features'> & Partial<ComplianceOptions>,
  need: Need,
): boolean {
  switch (need) {
    case 'restartBroker':
    case 'refuseQueue':
    case 'unreachable':
    case 'unservable':
      return options[need] !== undefined
    default:
      return options.features[need] === true
  }
}
