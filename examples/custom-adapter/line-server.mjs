// A server of the line protocol: every line is a command, words are separated by a space, payloads are base64.
//
//   HELLO greeting      answered with READY
//   SUB topic           answered with SUBBED topic; from then on MSG topic payload
//   UNSUB topic
//   PUB topic payload   answered with nothing
//   PING                answered with PONG
import { createServer } from 'node:net'

/** Starts the server; resolves when it listens. Port 0: any that is free. */
export function startLineServer(port = 0) {
  const sockets = new Set()
  const subscribers = new Map()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.setNoDelay(true)
    readLines(socket, (line) => obey(line, socket))
    socket.on('error', () => {})
    socket.on('drain', () => {
      // Whoever waited for this one may go on, unless another is behind as well.
      for (const other of sockets) if (!isBehind(sockets)) other.resume()
    })
    socket.on('close', () => {
      sockets.delete(socket)
      for (const group of subscribers.values()) group.delete(socket)
      socket.emit('drain')
    })
  })

  function obey(line, socket) {
    const [command, topic, payload] = line.split(' ')
    if (command === 'HELLO') socket.write('READY\n')
    if (command === 'PING') socket.write('PONG\n')
    if (command === 'UNSUB') subscribers.get(topic)?.delete(socket)
    if (command === 'SUB') {
      if (!subscribers.has(topic)) subscribers.set(topic, new Set())
      subscribers.get(topic).add(socket)
      socket.write(`SUBBED ${topic}\n`)
    }
    if (command === 'PUB') {
      for (const each of subscribers.get(topic) ?? []) each.write(`MSG ${topic} ${payload}\n`)
      // A subscriber that does not keep up holds the publisher back: memory is bounded, and nothing is lost.
      if (isBehind(sockets)) socket.pause()
    }
  }

  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () =>
      resolve({
        port: server.address().port,
        close: () =>
          new Promise((closed) => {
            server.close(closed)
            for (const socket of sockets) socket.destroy()
          }),
      }),
    )
  })
}

function isBehind(sockets) {
  return [...sockets].some((socket) => socket.writableNeedDrain && !socket.destroyed)
}

function readLines(socket, each) {
  let rest = ''
  socket.setEncoding('utf8')
  socket.on('data', (text) => {
    const lines = (rest + text).split('\n')
    rest = lines.pop()
    for (const line of lines) each(line)
  })
}
