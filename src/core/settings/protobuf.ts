/** The schema of payloads in the wire format `protobuf`. */
export interface ProtobufSettings {
  /** Paths of .proto files; empty if there is a descriptor set. */
  readonly proto: readonly string[]
  /** Folders to search for their imports. */
  readonly include: readonly string[]
  /** Path of a file with a serialised FileDescriptorSet. */
  readonly descriptorSet?: string
  /** The full name of the payload's message, unless a request names another. */
  readonly message: string
  /** A serialised FileDescriptorSet, which the host makes from the files before the actor starts. */
  readonly schema?: Uint8Array
}
