/** A decoded payload: the types of JSON, and bytes. */
export type Value =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [key: string]: Value }

/** Text metadata of a payload (MQTT user properties, NATS headers, gRPC metadata). */
export type Headers = Readonly<Record<string, string>>
