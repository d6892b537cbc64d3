import { z } from 'zod'
import { fault, together } from '../reading/fault.js'
import { filePath, oneOrMore, path, text } from './kinds.js'
import { toSettings } from './settings.js'

export const PROTOBUF_EXAMPLE = 'protobuf { proto = "orders.proto" message = "shop.Order" }'

const block = z
  .strictObject({
    proto: oneOrMore(path).optional().describe('`.proto` files, one or several.'),
    include: oneOrMore(path).optional().describe('Folders in which their imports are looked for.'),
    descriptor_set: filePath
      .optional()
      .describe(
        'In place of `proto`: what `protoc --include_imports --descriptor_set_out` or `buf build` wrote.',
      ),
    message: text.describe(
      'The full name of the message that a payload is; `protobuf:pkg.Other` as the format of one operation names another.',
    ),
  })
  .superRefine(
    together(({ proto, descriptor_set }, context) => {
      if ((proto === undefined) === (descriptor_set === undefined))
        fault(context, [], {
          message: 'the messages are declared either by "proto" or by "descriptor_set"',
          hint: PROTOBUF_EXAMPLE,
        })
    }),
  )

export const protobuf = block
  .transform((values) => ({ proto: [], include: [], ...toSettings(block, values) }))
  .meta({ example: PROTOBUF_EXAMPLE })
  .describe('The messages that payloads are in the format `protobuf`.')
