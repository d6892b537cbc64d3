import { RpcError } from '../../src/core/errors/rpc.js'
import { type ComplianceService, isComplianceMethod } from '../../src/testing/index.js'

export interface Request {
  readonly id?: unknown
  readonly method: string
  readonly params?: unknown
}

/** The answer of the compliance suite's service in JSON-RPC 2.0; `undefined` to a notification. */
export async function answerTo(
  { id, method, params }: Request,
  service: ComplianceService,
): Promise<object | undefined> {
  try {
    if (!isComplianceMethod(method)) throw new RpcError(-32_601, 'Method not found')
    const result = await service.handle(method, params)
    return id === undefined ? undefined : { jsonrpc: '2.0', id, result }
  } catch (error) {
    const { code, message, data } = error as RpcError
    return id === undefined ? undefined : { jsonrpc: '2.0', id, error: { code, message, data } }
  }
}
