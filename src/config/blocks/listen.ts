import type { ListenSettings, ListenTlsSettings } from '../../core/settings.js'
import { boolean, integer, oneOf, text } from '../kinds.js'
import type { ListenBlock, ListenTlsBlock } from '../options.js'
import type { Section } from '../section.js'
import { readFilePath } from './file-path.js'

/** Reached from this machine alone: whoever is to be reached by others says so. */
const DEFAULT_ADDRESS = '127.0.0.1'
const HIGHEST_PORT = 65_535
const FILES = ['cert', 'key', 'client_ca', 'min_version'] as const

/** The `listen` block of a server. Paths of certificates become absolute. */
export function readListen(section: Section<ListenBlock>): ListenSettings {
  const address = section.value('address', text) ?? DEFAULT_ADDRESS
  const port = section.required('port', integer(0, HIGHEST_PORT)) ?? 0
  const path = section.value('path', text)
  const tls = readTls(section)
  section.done()
  return { address, port, ...(path !== undefined && { path }), ...(tls !== undefined && { tls }) }
}

function readTls(listen: Section<ListenBlock>): ListenTlsSettings | undefined {
  const node = listen.node('tls')
  const beside = FILES.map((name) => listen.node(name)).find((each) => each !== undefined)
  if (node?.content.kind === 'map') {
    if (beside !== undefined) listen.fault(beside.nameSpan, { message: 'this belongs into the block "tls"' })
    const section = listen.section('tls') as unknown as Section<ListenTlsBlock>
    const tls = readFiles(section)
    section.done()
    return tls
  }
  const on =
    node &&
    listen.value('tls', (at, complain) =>
      boolean(at, () => complain(at, 'true, false or a block with cert and key')),
    )
  if (on) return readFiles(listen as unknown as Section<ListenTlsBlock>)
  // A certificate that is not used is a server that is not protected.
  if (beside !== undefined)
    listen.fault(beside.nameSpan, {
      message: 'a certificate is of use with TLS only',
      hint: 'write tls = true',
    })
  return undefined
}

function readFiles(section: Section<ListenTlsBlock>): ListenTlsSettings | undefined {
  for (const name of ['cert', 'key'] as const)
    if (section.node(name) === undefined)
      section.fault(section.node('client_ca')?.nameSpan ?? section.span, {
        message: `TLS needs "${name}"`,
        expected: 'the path of a file',
      })
  const cert = readFilePath(section, 'cert')
  const key = readFilePath(section, 'key')
  const clientCa = readFilePath(section, 'client_ca')
  const version = section.value('min_version', oneOf(['1.2', '1.3']))
  if (cert === undefined || key === undefined) return undefined
  return {
    cert,
    key,
    ...(clientCa !== undefined && { clientCa }),
    ...(version !== undefined && { minVersion: `TLSv${version}` as const }),
  }
}
