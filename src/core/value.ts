/** What a payload may be on either side of the thread line: the shapes of JSON, and bytes. */
export type Value =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly Value[]
  | { readonly [key: string]: Value }

/** Text metadata that travels beside a payload (MQTT user properties, NATS headers, gRPC metadata). */
export type Headers = Readonly<Record<string, string>>
