import { accessSync, constants } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Endpoint, TlsSettings } from '../../core/settings.js'
import { boolean, integer, oneOf, oneOrMore, text } from '../kinds.js'
import type { EndpointBlock, TlsBlock } from '../options.js'
import type { Section } from '../section.js'
import { isPath } from '../spans.js'

const HIGHEST_PORT = 65_535

/** The `endpoint` block. Paths of certificates become absolute. */
export function readEndpoint(section: Section<EndpointBlock>): Endpoint {
  const addresses = section.required('address', oneOrMore(text)) ?? []
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

function readTls(endpoint: Section<EndpointBlock>): TlsSettings | undefined {
  const node = endpoint.node('tls')
  if (node === undefined) return undefined
  if (node.content.kind !== 'map') {
    const on = endpoint.value('tls', (at, complain) =>
      boolean(at, () => complain(at, 'true, false or a block with verify_server, ca_cert, …')),
    )
    return on ? { verifyServer: true } : undefined
  }
  const section = endpoint.section('tls') as unknown as Section<TlsBlock>
  const verifyServer = section.value('verify_server', boolean) ?? true
  const caCert = readPath(section, 'ca_cert')
  const clientCert = readPath(section, 'client_cert')
  const clientKey = readPath(section, 'client_key')
  const version = section.value('min_version', oneOf(['1.2', '1.3']))
  section.done()
  for (const [here, there] of [
    ['client_cert', 'client_key'],
    ['client_key', 'client_cert'],
  ] as const)
    if (section.node(here) !== undefined && section.node(there) === undefined)
      section.fault(section.node(here)!.nameSpan, { message: `"${here}" needs "${there}" beside it` })
  return {
    verifyServer,
    ...(caCert !== undefined && { caCert }),
    ...(clientCert !== undefined && { clientCert }),
    ...(clientKey !== undefined && { clientKey }),
    ...(version !== undefined && { minVersion: `TLSv${version}` as const }),
  }
}

/** A file that has to be there; relative to the file that names it, or to the working folder in an object. */
export function readPath<T>(section: Section<T>, name: keyof T & string): string | undefined {
  const given = section.value(name, text)
  if (given === undefined) return undefined
  const node = section.node(name)!
  const from = node.span.source.name
  const path = resolve(isPath(from) ? '.' : dirname(from), given)
  try {
    accessSync(path, constants.R_OK)
  } catch {
    section.wrong(
      name,
      node,
      'the path of a file that can be read',
      'it is relative to the file that names it',
    )
  }
  return path
}
