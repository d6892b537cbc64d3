import type { TlsSettings } from '../../core/settings.js'
import { boolean, oneOf, text } from '../kinds.js'
import type { EndpointBlock, TlsBlock } from '../options.js'
import type { Section } from '../section.js'
import { readFilePath } from './file-path.js'

/** A client certificate with its key: absolute paths. */
export type ClientCertificate = Required<Pick<TlsSettings, 'clientCert' | 'clientKey'>>

/** `tls` of an endpoint or a registry: true, false, or a block (specification, "TLS Configuration"). */
export function readTls(endpoint: Section<Pick<EndpointBlock, 'tls'>>): TlsSettings | undefined {
  const node = endpoint.node('tls')
  if (node === undefined) return undefined
  if (node.content.kind !== 'map') {
    const on = endpoint.value('tls', (at, complain) =>
      boolean(at, () => complain(at, 'true, false or a block with verify_server, ca_cert, …')),
    )
    return on ? { verifyServer: true } : undefined
  }
  const section = endpoint.section('tls') as unknown as Section<TlsBlock>
  const enabled = section.value('enabled', boolean) ?? true
  const verifyServer = section.value('verify_server', boolean) ?? true
  const caCert = readFilePath(section, 'ca_cert')
  const client = readClientCertificate(section)
  const serverName = section.value('server_name', text)
  const version = section.value('min_version', oneOf(['1.2', '1.3']))
  section.done()
  if (!enabled) return undefined
  return {
    verifyServer,
    ...(caCert !== undefined && { caCert }),
    ...client,
    ...(serverName !== undefined && { serverName }),
    ...(version !== undefined && { minVersion: `TLSv${version}` as const }),
  }
}

/** `client_cert` and `client_key` of a block: both or none. */
export function readClientCertificate<T extends { client_cert?: unknown; client_key?: unknown }>(
  section: Section<T>,
): ClientCertificate | undefined {
  const clientCert = readFilePath(section, 'client_cert')
  const clientKey = readFilePath(section, 'client_key')
  for (const [here, there] of [
    ['client_cert', 'client_key'],
    ['client_key', 'client_cert'],
  ] as const)
    if (section.node(here) !== undefined && section.node(there) === undefined)
      section.fault(section.node(here)!.nameSpan, { message: `"${here}" needs "${there}" beside it` })
  return clientCert === undefined || clientKey === undefined ? undefined : { clientCert, clientKey }
}
