/** How a case wants its gateway. */
export interface CaseSettings {
  /** The mailbox of the integration under test, where the case is about its limits. */
  readonly mailbox?: { readonly messages: number; readonly bytes?: string }
  /** Other blocks of the integration under test: `limits`, `retry`, `timeout`. */
  readonly settings?: Readonly<Record<string, unknown>>
  /** Receives what the gateway logs. */
  readonly logger?: (record: unknown) => unknown
}
