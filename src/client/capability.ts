import type { Capability } from '../core/capability.js'
import { UnsupportedError } from '../core/errors/operation.js'
import { shownAs } from '../core/inspect.js'
import type { IntegrationMail } from '../mailbox/integration-mail.js'

/** Checks that the protocol has an operation. @throws UnsupportedError before anything is sent */
export function requireCapability(mail: IntegrationMail, capability: Capability): void {
  if (mail.supports(capability)) return
  throw new UnsupportedError(`${capability} over ${mail.type}`, { integration: mail.name })
}

const PROTOBUF = 'protobuf'

/** The name of a format: `protobuf:pkg.Message` is the format `protobuf` with another message. */
function nameOf(format: string): string {
  return format.startsWith(`${PROTOBUF}:`) ? PROTOBUF : format
}

/** Checks that payloads of the protocol may have a format. @throws UnsupportedError before anything is sent */
export function requireFormat(mail: IntegrationMail, format: string | undefined): void {
  if (format === undefined || mail.formats.includes(nameOf(format))) return
  throw new UnsupportedError(
    `the format ${JSON.stringify(format)} over ${mail.type} (expected one of ${mail.formats.join(', ')})`,
    { integration: mail.name },
  )
}

/** Makes what `console.log` shows for a client. */
export function shownClient(name: string, { name: integration, type }: IntegrationMail): object {
  return shownAs(name, { integration, type })
}
