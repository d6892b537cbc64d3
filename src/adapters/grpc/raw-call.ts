import type { Client } from '@grpc/grpc-js'

/**
 * A call of grpc-js below its stream classes, which read up to 16 messages ahead whatever their size. Here one
 * message is read at a time, and HTTP/2 flow control holds the server back.
 */
export type RawCall = ReturnType<ReturnType<Client['getChannel']>['createCall']>
