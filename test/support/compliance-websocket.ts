import { ComplianceService, isComplianceMethod } from '../../src/testing/index.js'
import { answerTo, type Request } from './compliance-answer.js'
import { type WebSocketService, webSocketService } from './websocket-service.js'

/**
 * The service of the compliance suite over JSON-RPC 2.0 and WebSocket. Passes every other notification on to all
 * that are connected, as a service that tells its clients of each other does.
 * @param port 0: any free one.
 */
export async function complianceWebSocketService(port = 0): Promise<WebSocketService> {
  const service = new ComplianceService()

  async function answer(request: Request): Promise<object | undefined> {
    if (request.id !== undefined || isComplianceMethod(request.method)) return answerTo(request, service)
    server.broadcast(JSON.stringify(request))
    return undefined
  }

  const server = await webSocketService(
    async (text, { socket }) => {
      const request = JSON.parse(text) as Request | readonly Request[]
      if (!Array.isArray(request)) {
        const one = await answer(request as Request)
        if (one !== undefined) socket.send(JSON.stringify(one))
        return
      }
      const all = (await Promise.all(request.map(answer))).filter((one) => one !== undefined)
      if (all.length > 0) socket.send(JSON.stringify(all.reverse()))
    },
    { port },
  )
  return server
}
