import { z } from 'zod'
import { filePath, path } from '../../adapters/config-kinds.js'
import { fault, ifAllValid } from '../reading/fault.js'
import { oneOrMore, text } from './kinds.js'
import { toSettings } from './settings.js'

export const PROTOBUF_EXAMPLE = 'protobuf = { proto = "orders.proto", message = "shop.Order" }'

const block = z
  .strictObject({
    proto: oneOrMore(path).optional().describe('One or several `.proto` files. Example: `"./orders.proto"`.'),
    include: oneOrMore(path).optional().describe('Folders to search for imports of the `.proto` files.'),
    descriptor_set: filePath
      .optional()
      .describe(
        'File with a `FileDescriptorSet`, in place of `proto`, as written by `protoc --include_imports --descriptor_set_out=FILE` or `buf build`.',
      ),
    message: text.describe(
      'Full name of the message type of payloads. The format `protobuf:pkg.Other` selects another one for a single operation. Example: `"shop.Order"`.',
    ),
  })
  .superRefine(
    ifAllValid(({ proto, descriptor_set }, context) => {
      if ((proto === undefined) === (descriptor_set === undefined))
        fault(context, [], {
          message: 'expected either "proto" or "descriptor_set"',
          hint: PROTOBUF_EXAMPLE,
        })
    }),
  )

export const protobuf = block
  .transform((values) => ({ proto: [], include: [], ...toSettings(block, values) }))
  .meta({ example: PROTOBUF_EXAMPLE })
  .describe('Message types of payloads in the format `protobuf`.')
