/** Methods that a server asks of its host thread. JSON-RPC 2.0 reserves names that begin with "rpc.". */
const PREFIX = 'rpc.gateway.'

export const READY_METHOD = `${PREFIX}ready`

/** Whether only the gateway itself calls the method. */
export function isInternal(method: string): boolean {
  return method.startsWith(PREFIX)
}
