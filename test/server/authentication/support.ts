import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import type { OutgoingHttpHeaders } from 'node:http'
import { request } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { credentials, Metadata, makeClientConstructor, type ServiceError } from '@grpc/grpc-js'
import { type JWTPayload, SignJWT } from 'jose'
import { WebSocket } from 'ws'
import type { GatewayEvents } from '../../../src/core/events.js'
import type { LogRecord } from '../../../src/core/telemetry.js'
import { Gateway, type Identity } from '../../../src/index.js'
import { type Issued, TestAuthority } from '../../support/authority.js'
import { waitFor } from '../../support/wait-for.js'

export const SECRET = 'the secret of the specification, long enough'
const SPECIFICATION = new URL('../../../../test/config/fixtures/spec-server.hcl', import.meta.url)

export type Refused = Parameters<GatewayEvents['server:refused']>[0]

/** Files of a temporary folder: an authority, and a certificate of the server. */
export class Files {
  readonly folder = mkdtempSync(join(tmpdir(), 'nemo-authentication-'))
  readonly authority = new TestAuthority()
  readonly ca = this.write('ca.pem', this.authority.ca)
  readonly cert: string
  readonly key: string

  constructor() {
    const { cert, key } = this.authority.issue()
    this.cert = this.write('server.crt', cert)
    this.key = this.write('server.key', key)
  }

  write(name: string, text: string): string {
    const path = join(this.folder, name)
    writeFileSync(path, text)
    return path
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The `server` block of the specification with a free port, and as a server of another protocol. */
export function specification(more: Readonly<Record<string, string>> = {}): string {
  let text = readFileSync(SPECIFICATION, 'utf8').replace('port    = 8080', 'port    = 0')
  for (const [before, after] of Object.entries(more)) text = text.replace(before, after)
  return `variable "tls_cert" {}\nvariable "tls_key" {}\n${text}`
}

export interface Running {
  readonly gateway: Gateway
  readonly port: number
  readonly refused: Refused[]
  readonly records: LogRecord[]
  /** The identities that handlers got. */
  readonly seen: (Identity | undefined)[]
  /** The headers that handlers got. */
  readonly headers: object[]
}

/** Starts a gateway with one server, and registers handlers that return who calls. */
export async function serve(
  source: string | Parameters<typeof Gateway.start>[0],
  options: {
    readonly variables?: Record<string, string>
    readonly methods?: readonly string[]
    readonly name?: string
  },
): Promise<Running> {
  const { variables = {}, methods = ['data.get'], name = 'nemo_api' } = options
  const records: LogRecord[] = []
  const gateway = await Gateway.start(source as never, {
    variables,
    env: { JWT_SECRET: SECRET },
    logger: (record) => void records.push(record),
  })
  const refused: Refused[] = []
  gateway.on('server:refused', (event) => refused.push(event))
  const seen: Running['seen'] = []
  const headers: object[] = []
  const server = gateway.server(name)
  for (const method of methods)
    server.register(method, (params, context) => {
      seen.push(context.identity)
      headers.push(context.headers)
      return { params: params ?? null, subject: context.identity?.subject ?? null }
    })
  await server.serve()
  const listening = () => gateway.connections.status(name).listening
  await waitFor(() => listening() !== undefined, { what: () => `the server ${name} to listen` })
  return { gateway, port: listening()!.port, refused, records, seen, headers }
}

/** Signs a token that is valid for a minute, unless told otherwise. */
export function token(claims: JWTPayload = {}, secret = SECRET): Promise<string> {
  return new SignJWT({ sub: 'ann', exp: Math.floor(Date.now() / 1_000) + 60, ...claims })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(new TextEncoder().encode(secret))
}

export interface Answer {
  readonly status: number
  readonly headers: { readonly [name: string]: string | string[] | undefined }
  readonly body: {
    readonly result?: unknown
    readonly error?: { readonly code: number; readonly data?: unknown }
  }
}

/** Posts JSON to a server of https on loopback. */
export async function post(
  port: number,
  ca: string,
  body: unknown,
  headers: OutgoingHttpHeaders = {},
  client?: Issued,
): Promise<Answer> {
  const sent = request({
    host: 'localhost',
    port,
    method: 'POST',
    path: '/',
    ca,
    agent: false,
    headers: { 'content-type': 'application/json', ...headers },
    ...(client && { cert: client.cert, key: client.key }),
  })
  sent.end(JSON.stringify(body))
  const [answer] = await once(sent, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  const text = Buffer.concat(chunks).toString()
  return {
    status: answer.statusCode,
    headers: answer.headers,
    body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : {},
  }
}

export const call = (method: string, params: unknown = {}, id = 1) => ({ jsonrpc: '2.0', id, method, params })

/** A caller over a WebSocket. */
export class Caller {
  readonly messages: {
    readonly id?: unknown
    readonly result?: unknown
    readonly error?: { readonly code: number }
  }[] = []
  closed: { readonly code: number; readonly reason: string } | undefined
  readonly #socket: WebSocket

  private constructor(socket: WebSocket) {
    this.#socket = socket
    socket.on('message', (data) => this.messages.push(JSON.parse(String(data))))
    socket.on('close', (code, reason) => {
      this.closed = { code, reason: String(reason) }
    })
    socket.on('error', () => {})
  }

  /** @throws the HTTP status of the refusal, as a number */
  static async open(port: number, ca: string, headers: Record<string, string> = {}): Promise<Caller> {
    const socket = new WebSocket(`wss://localhost:${port}/`, { ca, headers })
    const refusal = once(socket, 'unexpected-response').then(([, response]) => {
      throw response.statusCode
    })
    refusal.catch(() => {})
    const caller = new Caller(socket)
    await Promise.race([once(socket, 'open'), refusal])
    return caller
  }

  send(message: unknown): void {
    this.#socket.send(JSON.stringify(message))
  }

  async ask(method: string, params?: unknown): Promise<Caller['messages'][number]> {
    const id = `${method} ${this.messages.length}`
    this.send({ jsonrpc: '2.0', id, method, params })
    const answer = () => this.messages.find((message) => message.id === id)
    await waitFor(() => answer() !== undefined || this.closed !== undefined, {
      what: () => `the answer to ${id}`,
    })
    return answer()!
  }

  close(): void {
    this.#socket.terminate()
  }
}

/** Calls a method of a gRPC server whose messages are JSON. @returns the answer, or the status */
export async function grpcCall(
  port: number,
  ca: string,
  path: string,
  metadata: Record<string, string> = {},
): Promise<{ readonly value?: unknown; readonly code?: number; readonly details?: string }> {
  const definition = {
    path,
    requestStream: false as const,
    responseStream: false as const,
    requestSerialize: (value: unknown) => Buffer.from(JSON.stringify(value)),
    requestDeserialize: (bytes: Buffer) => JSON.parse(String(bytes)),
    responseSerialize: (value: unknown) => Buffer.from(JSON.stringify(value)),
    responseDeserialize: (bytes: Buffer) => JSON.parse(String(bytes)),
  }
  const Client = makeClientConstructor({ ask: definition }, 'any')
  const client = new Client(`localhost:${port}`, credentials.createSsl(Buffer.from(ca)))
  const sent = new Metadata()
  for (const [name, value] of Object.entries(metadata)) sent.set(name, value)
  try {
    return await new Promise((resolve) =>
      client.ask!({ x: 1 }, sent, (error: ServiceError | null, value: unknown) =>
        resolve(error === null ? { value } : { code: error.code, details: error.details }),
      ),
    )
  } finally {
    client.close()
  }
}
