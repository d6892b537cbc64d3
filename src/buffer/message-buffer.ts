import type { Headers } from '../core/value.js'

/** What a buffer keeps of a message. */
export interface BufferedMessage {
  /** The topic, the queue or the method that it came from. */
  readonly topic: string
  /** The encoded message. The caller must not change it until `append` has settled. */
  readonly payload: Uint8Array
  readonly headers?: Headers
  /** MIME type of the payload. */
  readonly contentType?: string
  /** When the gateway received it, in milliseconds since the epoch. `maxAgeMs` counts from it. */
  readonly timestamp: number
}

/** A message that was read from a buffer. */
export interface StoredMessage extends BufferedMessage {
  /** Its place in the order of the buffer. Numbers grow by one; those of lost messages are skipped. */
  readonly sequence: number
  /** The marker of its file, if it was on a disk. With the number it identifies the message. */
  readonly marker?: number
}

/** How much a reader can take. */
export interface ReadCredit {
  readonly messages: number
  /** Bytes of payload. The first message is read even if it is larger. */
  readonly bytes: number
}

/** The state of a buffer and what it has counted since it was opened. */
export interface BufferFigures {
  /** Messages in the buffer that are not accepted yet, including those that were read. */
  readonly messages: number
  /** Bytes on disk, with everything that `maxBytes` bounds. */
  readonly bytes: number
  /** The timestamp of the oldest message that is not accepted; `undefined` if there is none or it is not known yet. */
  readonly oldest: number | undefined
  /** Messages whose `append` has not settled. They are in memory: the caller limits them. */
  readonly pendingMessages: number
  /** Bytes of payload of these messages. */
  readonly pendingBytes: number
  /** Messages that were dropped because the buffer was full. */
  readonly dropped: number
  /** Messages that were dropped because they were older than `maxAgeMs`. */
  readonly expired: number
  /** Messages that were lost because they could not be read. */
  readonly unreadable: number
}

/**
 * Keeps messages in order between one writer and one reader, at least once: a message that was appended is read until
 * it is accepted.
 */
export interface MessageBuffer {
  /** Whether it keeps messages over the end of the process. */
  readonly isDurable: boolean
  /** Whether it has messages that would be lost with the process and were not read. */
  readonly holdsOnlyCopies: boolean

  /**
   * Adds a message at the end. Messages are stored in the order of the calls. Resolves when the message is safe: the
   * caller may acknowledge it to its source.
   * @returns its sequence number; `undefined` if the buffer was full and dropped it (`drop-newest`)
   * @throws EnqueueError with a `code` (`BufferErrorCode`) if it was not stored; ShutdownError after `close`
   */
  append(message: BufferedMessage): Promise<number | undefined>

  /**
   * Reads the next messages in order. Waits until there is at least one. One read at a time.
   * @param credit how much the reader can take now
   * @returns messages that are safe; none after `close`
   */
  read(credit: ReadCredit): Promise<readonly StoredMessage[]>

  /**
   * Marks a message that was read as done, in any order. The buffer then forgets it. After a crash, messages that were
   * accepted shortly before it may be read again. Unknown numbers are ignored. Never throws.
   * @param sequence the number of the message
   */
  accepted(sequence: number): void

  /**
   * Goes back to the oldest message that is not accepted. The next `read` returns those again, in order, and omits the
   * accepted ones between them. Never throws. A read that is under way returns messages from the new place.
   */
  rewind(): void

  /** Resolves when every message that was appended is safe, or waits for room. Never rejects. */
  flushed(): Promise<void>

  /** Reads the figures. Never throws. */
  figures(): BufferFigures

  /**
   * Stores pending messages that have room, rejects the others, writes the cursor and releases the folder. Pending
   * reads return no message. Never throws; idempotent.
   */
  close(): Promise<void>
}

/** What happens to an `append` if the buffer is full. `drop-oldest` drops whole segments. */
export type WhenFull = 'block' | 'drop-oldest' | 'drop-newest'

/** Why a buffer did not store a message or could not be opened. Errors of buffers have it as their `code`. */
export type BufferErrorCode =
  /** The disk or the quota of the user is full. */
  | 'disk-full'
  /** The folder cannot be created, read or written. */
  | 'not-writable'
  /** Another gateway uses the folder. */
  | 'in-use'
  /** The message is larger than the buffer. */
  | 'too-large'
  /** The folder was removed or replaced while it was in use. It is made again for the next message. */
  | 'folder-lost'
  /** The disk reported another error. */
  | 'io'

/** Something unexpected on the disk that did not stop the buffer. */
export interface BufferFault {
  readonly kind: /** The last segment ended within a record, as after a crash. No acknowledged message is lost by that. */
    | 'torn-tail'
    /** A record is damaged and was skipped. */
    | 'broken-record'
    /** The header of a segment is damaged. Its records were read. */
    | 'broken-header'
    /** The cursor is damaged. All messages on the disk are read again. */
    | 'broken-cursor'
    /** A segment could not be read, or is missing. */
    | 'unreadable-segment'
    /** The folder was removed or replaced. It was made again, without the messages that it held. */
    | 'folder-lost'
    /** The cursor could not be written, or a file could not be removed. Tried again with the next change. */
    | 'io'
  /** The file, within the folder. */
  readonly file: string
  /** Where in the file the fault begins. */
  readonly offset?: number
  /** How many bytes were skipped. */
  readonly bytes?: number
  /** Messages that are lost by it, as far as they were not accepted before. */
  readonly messages: number
  /** What happened, in words. */
  readonly reason: string
}
