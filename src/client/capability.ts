import { UnsupportedError } from '../core/errors.js'
import type { Capability } from '../core/manifest.js'
import type { IntegrationMail } from '../mailbox/integration-mail.js'

/** @throws UnsupportedError when the protocol has no such operation; nothing has been sent then */
export function requireCapability(mail: IntegrationMail, capability: Capability): void {
  if (mail.supports(capability)) return
  throw new UnsupportedError(`${capability} over ${mail.type}`, { integration: mail.name })
}
