/** Settings of the gateway for a case. */
export interface CaseSettings {
  /** Mailbox of the integration under test, for cases about its limits. */
  readonly mailbox?: { readonly messages: number; readonly bytes?: string }
  /** Other blocks of the integration under test: `limits`, `retry`, `timeout`. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Receives the log records of the gateway. */
  readonly logger?: (record: unknown) => unknown
}
