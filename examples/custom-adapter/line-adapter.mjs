// An adapter for the protocol of line-server.mjs. It makes single attempts, reports what happens, and leaves the
// rest to the actor around it: reconnecting, time-outs, retries, encoding, and who gets which message.
import { once } from 'node:events'
import { connect } from 'node:net'
import { ConnectionError, SubscribeError, topicNameFault } from 'nemo-gateway/adapter'
import { z } from 'zod'

/** What the gateway knows of the protocol before it starts anything. */
export const manifest = {
  type: 'line',
  capabilities: ['publish', 'subscribe'],
  formats: ['json', 'msgpack', 'binary'],
  config: z.strictObject({
    greeting: z
      .string()
      .regex(/^[^\n]*$/)
      .default('hello'),
  }),
  defaultPort: 18_841,
}

/** Makes the adapter of one integration, in its worker thread. */
export function adapter(context) {
  return new LineAdapter(context)
}

class LineAdapter {
  protocol = 'line'
  pubsub = this
  #context
  #socket
  /** By topic: the sink that gets its messages. */
  #sinks = new Map()
  /** Subscriptions that wait for SUBBED, and the answers to HELLO and PING, in the order of the questions. */
  #granted = new Map()
  #answers = []
  /** Sinks that have no room; none is read for until all have. */
  #full = new Set()

  constructor(context) {
    this.#context = context
  }

  async connect(signal) {
    const { endpoint, config } = this.#context.settings
    // An address is a host, maybe with a port; read anew each time, since it may be one that was discovered.
    const { hostname: host, port } = new URL(`tcp://${endpoint.addresses[0]}`)
    const socket = connect({ host, port: port || (endpoint.port ?? manifest.defaultPort), noDelay: true })
    try {
      await once(socket, 'connect', { signal })
      this.#socket = socket
      readLines(socket, this.#context.settings.limits.frame, {
        line: (line) => this.#read(line),
        tooLong: (start) => this.#skipped(start),
      })
      socket.on('error', () => {})
      for (const end of ['end', 'close']) socket.on(end, () => this.#closed(socket))
      await this.#ask(`HELLO ${config.greeting}`, signal)
    } catch (error) {
      socket.destroy()
      throw new ConnectionError(`no connection to the line server: ${error.message}`, { cause: error })
    }
  }

  async disconnect() {
    const socket = this.#socket
    this.#forget('it was closed')
    socket?.destroy()
  }

  async ping(signal) {
    await this.#ask('PING', signal)
  }

  publish(topic, payload) {
    // Written at once: nothing to wait for, unless the server does not keep up.
    if (this.#write(`PUB ${address(topic)} ${Buffer.from(payload).toString('base64')}`)) return undefined
    return new Promise((resolve, reject) => {
      const written = (error) => (error ? reject(gone('it broke off')) : resolve())
      this.#socket.write('', written)
    })
  }

  async subscribe(topic, _options, sink, { signal }) {
    if (topicNameFault(topic)) throw new SubscribeError(topic, 'the line protocol has no wildcards')
    this.#sinks.set(topic, sink)
    const granted = new Promise((resolve, reject) => {
      this.#granted.set(topic, { resolve, reject })
      signal.addEventListener('abort', () => reject(signal.reason))
    })
    try {
      this.#write(`SUB ${address(topic)}`)
      await granted
    } catch (error) {
      if (this.#sinks.get(topic) === sink) this.#sinks.delete(topic)
      throw error
    }
    return {
      resume: () => this.#hasRoom(sink),
      close: async () => {
        if (this.#sinks.get(topic) !== sink) return
        this.#sinks.delete(topic)
        if (this.#socket !== undefined) this.#write(`UNSUB ${address(topic)}`)
        this.#hasRoom(sink)
      },
    }
  }

  #read(line) {
    const [command, topic, payload] = line.split(' ')
    if (command === 'MSG')
      this.#deliver(decodeURIComponent(topic), new Uint8Array(Buffer.from(payload, 'base64')))
    else if (command === 'SUBBED') this.#granted.get(decodeURIComponent(topic))?.resolve()
    else if (command === 'READY' || command === 'PONG') this.#answers.shift()?.resolve()
  }

  /** A line that is longer than allowed was skipped: its subscriber learns that a message is missing. */
  #skipped(start) {
    const [command, topic] = start.split(' ')
    if (command === 'MSG')
      this.#sinks.get(decodeURIComponent(topic))?.lost(1, 'the message exceeds limits.frame')
  }

  #deliver(topic, payload) {
    const sink = this.#sinks.get(topic)
    if (sink === undefined || sink.deliver({ topic, payload })) return
    // No room: the socket is left unread, and the server notices.
    this.#full.add(sink)
    this.#socket.pause()
  }

  #hasRoom(sink) {
    if (this.#full.delete(sink) && this.#full.size === 0) this.#socket?.resume()
  }

  #ask(line, signal) {
    return new Promise((resolve, reject) => {
      signal.throwIfAborted()
      signal.addEventListener('abort', () => reject(signal.reason))
      this.#write(line)
      this.#answers.push({ resolve, reject })
    })
  }

  /** @returns false when the server does not keep up. @throws ConnectionError: whatever fails here has a type */
  #write(line) {
    if (!this.#socket?.writable) throw gone('the server closed it', { notExecuted: true })
    return this.#socket.write(`${line}\n`)
  }

  #closed(socket) {
    if (this.#socket !== socket) return
    this.#forget('the server closed it')
    socket.destroy()
    this.#context.connectionLost(new ConnectionError('the line server closed the connection'))
  }

  /** What waits for the connection hears that it is gone; subscriptions are asked for again by the actor. */
  #forget(reason) {
    const waiting = [...this.#answers, ...this.#granted.values()]
    this.#socket = undefined
    this.#answers = []
    this.#granted.clear()
    this.#sinks.clear()
    this.#full.clear()
    for (const { reject } of waiting) reject(gone(reason))
  }
}

function gone(reason, context) {
  return new ConnectionError(`the connection to the line server is gone: ${reason}`, context)
}

/** A topic as one word. */
function address(topic) {
  return encodeURIComponent(topic)
}

/** What is looked at of a line that is too long: its command and its topic. */
const START = 1_024

/** Calls `line` with every line. Of one that is longer than allowed `tooLong` gets the start, and the rest is skipped. */
function readLines(socket, longest, { line, tooLong }) {
  let rest = ''
  let isSkipping = false
  socket.setEncoding('latin1')
  socket.on('data', (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    for (const each of lines) {
      if (isSkipping) isSkipping = false
      else if (isTooLong(each, longest)) tooLong(each.slice(0, START))
      else line(each)
    }
    if (!isSkipping && isTooLong(rest, longest)) {
      tooLong(rest.slice(0, START))
      isSkipping = true
    }
    if (isSkipping) rest = ''
  })
}

/** base64 takes four characters for three bytes of payload. */
function isTooLong(line, longest) {
  return line.length > START + Math.ceil(longest / 3) * 4
}
