import { create, type MessageInitShape } from '@bufbuild/protobuf'
import {
  type DescriptorProto,
  DescriptorProtoSchema,
  type FieldDescriptorProto,
  FieldDescriptorProto_Label,
  FieldDescriptorProto_Type,
  type FieldDescriptorProtoSchema,
  FileDescriptorProtoSchema,
} from '@bufbuild/protobuf/wkt'

const { INT32, INT64, MESSAGE, STRING } = FieldDescriptorProto_Type
const { OPTIONAL, REPEATED } = FieldDescriptorProto_Label

type FieldInit = Exclude<MessageInitShape<typeof FieldDescriptorProtoSchema>, FieldDescriptorProto>

/** google/rpc/status.proto: the details of a failure beyond its code. */
export const STATUS_FILE = create(FileDescriptorProtoSchema, {
  name: 'google/rpc/status.proto',
  package: 'google.rpc',
  syntax: 'proto3',
  dependency: ['google/protobuf/any.proto'],
  messageType: [
    message('Status', [
      { name: 'code', type: INT32 },
      { name: 'message', type: STRING },
      many('details', '.google.protobuf.Any'),
    ]),
  ],
})

/** google/rpc/error_details.proto: standard error details of Google's APIs. */
export const ERROR_DETAILS_FILE = create(FileDescriptorProtoSchema, {
  name: 'google/rpc/error_details.proto',
  package: 'google.rpc',
  syntax: 'proto3',
  dependency: ['google/protobuf/duration.proto'],
  messageType: [
    message(
      'ErrorInfo',
      [...texts('reason', 'domain'), many('metadata', '.google.rpc.ErrorInfo.MetadataEntry')],
      [entry('MetadataEntry')],
    ),
    message('RetryInfo', [{ name: 'retry_delay', type: MESSAGE, typeName: '.google.protobuf.Duration' }]),
    message('DebugInfo', [{ name: 'stack_entries', type: STRING, label: REPEATED }, ...texts('detail')]),
    message(
      'QuotaFailure',
      [many('violations', '.google.rpc.QuotaFailure.Violation')],
      [
        message(
          'Violation',
          [
            ...texts('subject', 'description', 'api_service', 'quota_metric', 'quota_id'),
            many('quota_dimensions', '.google.rpc.QuotaFailure.Violation.QuotaDimensionsEntry'),
            { name: 'quota_value', type: INT64 },
            { name: 'future_quota_value', type: INT64, proto3Optional: true, oneofIndex: 0 },
          ],
          [entry('QuotaDimensionsEntry')],
          ['_future_quota_value'],
        ),
      ],
    ),
    message(
      'PreconditionFailure',
      [many('violations', '.google.rpc.PreconditionFailure.Violation')],
      [message('Violation', texts('type', 'subject', 'description'))],
    ),
    message(
      'BadRequest',
      [many('field_violations', '.google.rpc.BadRequest.FieldViolation')],
      [
        message('FieldViolation', [
          ...texts('field', 'description', 'reason'),
          { name: 'localized_message', type: MESSAGE, typeName: '.google.rpc.LocalizedMessage' },
        ]),
      ],
    ),
    message('RequestInfo', texts('request_id', 'serving_data')),
    message('ResourceInfo', texts('resource_type', 'resource_name', 'owner', 'description')),
    message('Help', [many('links', '.google.rpc.Help.Link')], [message('Link', texts('description', 'url'))]),
    message('LocalizedMessage', texts('locale', 'message')),
  ],
})

/** Declares a message whose fields are numbered in order. */
function message(
  name: string,
  fields: readonly FieldInit[],
  nestedType: DescriptorProto[] = [],
  oneofs: readonly string[] = [],
): DescriptorProto {
  return create(DescriptorProtoSchema, {
    name,
    field: fields.map((field, i) => ({ label: OPTIONAL, number: i + 1, ...field })),
    nestedType,
    oneofDecl: oneofs.map((name) => ({ name })),
  })
}

function texts(...names: readonly string[]): FieldInit[] {
  return names.map((name) => ({ name, type: STRING }))
}

function many(name: string, typeName: string): FieldInit {
  return { name, type: MESSAGE, label: REPEATED, typeName }
}

/** Declares the entry message of a map from string to string. */
function entry(name: string): DescriptorProto {
  const { field } = message(name, texts('key', 'value'))
  return create(DescriptorProtoSchema, { name, field, options: { mapEntry: true } })
}
