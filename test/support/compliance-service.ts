import { ComplianceService } from '../../src/testing/index.js'
import { answerTo, type Request } from './compliance-answer.js'
import { type HttpService, httpService, send } from './http-service.js'

/** The service of the compliance suite over JSON-RPC 2.0 and HTTP. @param port 0: any free one. */
export function complianceHttpService(port = 0): Promise<HttpService> {
  const service = new ComplianceService()

  const answer = (request: Request) => answerTo(request, service)

  return httpService(async ({ text }, response) => {
    const request = JSON.parse(text) as Request | readonly Request[]
    if (!Array.isArray(request)) {
      const one = await answer(request as Request)
      return one === undefined ? send(response, 204) : send(response, 200, JSON.stringify(one))
    }
    const all = (await Promise.all(request.map(answer))).filter((one) => one !== undefined)
    // The order of the answers is free (JSON-RPC 2.0, section 6).
    if (all.length === 0) send(response, 204)
    else send(response, 200, JSON.stringify(all.reverse()))
  }, port)
}
