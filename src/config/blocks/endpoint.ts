import type { Endpoint } from '../../core/settings.js'
import { integer, oneOrMore, text } from '../kinds.js'
import type { EndpointBlock } from '../options.js'
import { hasCredentials } from '../secrets.js'
import type { Section } from '../section.js'
import { readTls } from './tls.js'

const HIGHEST_PORT = 65_535

/** The `endpoint` block. Paths of certificates become absolute. @param needsAddress nothing else finds one */
export function readEndpoint(section: Section<EndpointBlock>, needsAddress: boolean): Endpoint {
  const read = needsAddress ? 'required' : 'value'
  const addresses = section[read]('address', oneOrMore(text)) ?? []
  if (addresses.some(hasCredentials))
    section.fault(section.node('address')!.span, {
      message: 'the address holds credentials',
      hint: 'they belong in an "auth" block',
    })
  const port = section.value('port', integer(1, HIGHEST_PORT))
  const path = section.value('path', text)
  const tls = readTls(section)
  section.done()
  return {
    addresses,
    ...(port !== undefined && { port }),
    ...(path !== undefined && { path }),
    ...(tls !== undefined && { tls }),
  }
}
