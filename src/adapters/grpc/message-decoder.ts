import type { Buffer } from 'node:buffer'

/** The parts of the decoder of grpc-js, which does not publish them. */
export interface MessageDecoder {
  write(piece: Buffer): Buffer[]
  /** The pieces of the message that is being read. */
  readPartialMessage: Buffer[]
  /** Bytes of that message that have not been read. */
  readonly readMessageRemaining: number
}

/**
 * Returns the method `write` of a decoder, which then drops the pieces of complete messages. By itself the decoder keeps
 * those of the last message until the next one begins, so that an answer takes its memory twice.
 */
export function writerOf(decoder: MessageDecoder): MessageDecoder['write'] {
  const write = decoder.write.bind(decoder)
  return (piece) => {
    const messages = write(piece)
    if (decoder.readMessageRemaining === 0) decoder.readPartialMessage = []
    return messages
  }
}
