import type { AdapterManifest } from '../../core/manifest.js'
import { type Node, nodeAt } from '../node.js'
import { isNull } from '../reading/input.js'
import type { Section } from '../reading/section.js'
import type { integrationOf } from '../schema/integration.js'
import { PROTOBUF_EXAMPLE } from '../schema/protobuf.js'

type Integration = Section<ReturnType<typeof integrationOf>>

/** Reports blocks of an integration that exclude each other or that its protocol does not support. */
export function checkIntegration(section: Integration, manifest: AdapterManifest): void {
  checkPlace(section, manifest)
  checkDiscovery(section, manifest)
  checkCertificate(section)
  checkHealth(section, manifest)
  checkProtobuf(section, manifest)
}

function checkPlace(section: Integration, { type, needsEndpoint }: AdapterManifest): void {
  const [endpoint, discovery] = [section.node('endpoint'), section.node('discovery')]
  const kind = discovery && nodeAt(discovery, ['type'])?.content
  if (discovery !== undefined && !(kind?.kind === 'scalar' && kind.value === 'static')) return
  if (endpoint === undefined && needsEndpoint)
    section.fault(section.span, {
      message: `an integration of type ${type} needs an "endpoint"`,
      hint: 'endpoint { address = "…" }',
    })
  if (endpoint?.content.kind !== 'map') return
  const address = nodeAt(endpoint, ['address'])
  if (address === undefined || isNull(address))
    section.fault(endpoint.span, { message: 'the block "endpoint" needs "address"' })
}

function checkDiscovery(section: Integration, { type, needsEndpoint, balances }: AdapterManifest): void {
  const { discovery } = section.values
  if (discovery === undefined) return
  const node = section.node('discovery')!
  if (!needsEndpoint)
    section.fault(node.span, { message: `${type} has no endpoint, so that "discovery" does not apply` })
  if (!(balances ?? ['round_robin']).includes(discovery.balance))
    section.fault(nodeAt(node, ['balance'])!.span, {
      message: `${type} chooses an address for each connection, so it cannot balance by "${discovery.balance}"`,
      expected: '"round_robin"',
    })
}

/**
 * Checks that the certificate of `mtls` is set exactly once: in the `auth` block, or in the `tls` block of the
 * endpoint.
 */
function checkCertificate(section: Integration): void {
  const { auth, endpoint } = section.values
  if (auth.auth.type !== 'mtls') return
  const node = section.node('auth')!
  const own: Node | undefined = nodeAt(node, ['client_cert']) ?? nodeAt(node, ['client_key'])
  const ofEndpoint = endpoint?.tls?.clientCert
  if (own === undefined && ofEndpoint === undefined)
    section.fault(node.span, {
      message: 'auth of type "mtls" needs a client certificate',
      hint: '"client_cert" and "client_key" here, or in the "tls" block of the endpoint',
    })
  if (own !== undefined && ofEndpoint !== undefined)
    section.fault(own.nameSpan, {
      message: 'the "tls" block of the endpoint has a client certificate already',
      hint: 'set it in one place',
    })
}

/** Reports a health check by method for a protocol without calls. */
function checkHealth(section: Integration, { type, capabilities }: AdapterManifest): void {
  if (section.values.health_check.method === undefined || capabilities.includes('call')) return
  section.fault(nodeAt(section.node('health_check')!, ['method'])!.nameSpan, {
    message: `${type} has no calls, so that a health check cannot call a method`,
    hint: 'without "method" the check uses a ping of the protocol',
  })
}

function checkProtobuf(section: Integration, { type, formats, payloadFormats }: AdapterManifest): void {
  // A protocol based on Protobuf has its schema in its `config`.
  const isPayload = formats.includes('protobuf') && payloadFormats === undefined
  const node = section.node('protobuf')
  if (node !== undefined && !isPayload)
    section.fault(node.nameSpan, { message: `payloads of ${type} cannot be protobuf messages` })
  if (node === undefined && isPayload && section.values.format === 'protobuf')
    section.fault(section.node('format')!.nameSpan, {
      message: 'the format "protobuf" needs a block "protobuf" that names the message types of payloads',
      hint: PROTOBUF_EXAMPLE,
    })
}
