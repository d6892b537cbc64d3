import type { Capability } from '../core/capability.js'
import { UnsupportedError } from '../core/errors.js'
import { shownAs } from '../core/inspect.js'
import type { IntegrationMail } from '../mailbox/integration-mail.js'

/** @throws UnsupportedError when the protocol has no such operation; nothing has been sent then */
export function requireCapability(mail: IntegrationMail, capability: Capability): void {
  if (mail.supports(capability)) return
  throw new UnsupportedError(`${capability} over ${mail.type}`, { integration: mail.name })
}

const PROTOBUF = 'protobuf'

/** `protobuf:pkg.Message` is the format `protobuf`, with another message than the integration's own. */
function nameOf(format: string): string {
  return format.startsWith(`${PROTOBUF}:`) ? PROTOBUF : format
}

/** @throws UnsupportedError when payloads of this protocol cannot have that format; nothing has been sent then */
export function requireFormat(mail: IntegrationMail, format: string | undefined): void {
  if (format === undefined || mail.formats.includes(nameOf(format))) return
  throw new UnsupportedError(
    `the format ${JSON.stringify(format)} over ${mail.type} (expected one of ${mail.formats.join(', ')})`,
    { integration: mail.name },
  )
}

/** What `console.log` shows of a client. */
export function shownClient(name: string, { name: integration, type }: IntegrationMail): object {
  return shownAs(name, { integration, type })
}
