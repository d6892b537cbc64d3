// Written by `npm run docs` from src/config/schema/ and the manifests of the protocols.
/** The `protobuf` block: Message types of payloads in the format `protobuf`. */
export interface ProtobufBlock {
  /** One or several `.proto` files. Example: `"./orders.proto"`. */
  readonly proto?: string | readonly string[] | undefined
  /** Folders to search for imports of the `.proto` files. */
  readonly include?: string | readonly string[] | undefined
  /**
   * File with a `FileDescriptorSet`, in place of `proto`, as written by `protoc --include_imports
   * --descriptor_set_out=FILE` or `buf build`.
   * A path, relative to the working folder.
   */
  readonly descriptor_set?: string | undefined
  /**
   * Full name of the message type of payloads. The format `protobuf:pkg.Other` selects another one for a
   * single operation. Example: `"shop.Order"`.
   */
  readonly message: string
}
