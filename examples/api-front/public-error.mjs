import { IntegrationError, RpcError } from 'nemo-gateway'

const REFUSED = 1 // by a service; `data` has its own code and data
const UNAVAILABLE = { code: 3, text: 'is not available' }

/** The error codes of the API for services that do not answer, by the kind of the error. */
const FAULTS = {
  timeout: { code: 2, text: 'did not answer in time' }, // so nobody knows what it has done
  connection: UNAVAILABLE,
  'circuit-open': UNAVAILABLE,
}

/**
 * Translates an error into what callers may know. The words of the gateway are not for them: they name addresses.
 * Every other error stays as it is. Callers get "Internal error" for it, unless it is an RpcError of the API itself.
 */
export function publicError(error) {
  if (!(error instanceof IntegrationError) || error.integration === '') return error
  const { kind, integration: service, retryable } = error
  if (kind === 'rpc')
    return new RpcError(REFUSED, error.message, { service, kind, code: error.code, data: error.data })
  const fault = FAULTS[kind]
  if (fault === undefined) return error
  return new RpcError(fault.code, `${service} ${fault.text}`, { service, kind, retryable })
}
