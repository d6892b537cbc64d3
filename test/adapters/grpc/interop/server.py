"""The server of the interoperability tests of gRPC, with Debian's python3-grpcio. Prints what it sees.

Arguments: PORT (0: any free one), or PORT CERT KEY [CLIENT_CA] for TLS.
"""
import sys
import time
from concurrent import futures

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

F = descriptor_pb2.FieldDescriptorProto
PACKAGE = 'grpc.testing'

# Name of the message: fields as (number, name, type), where a type that is text names a message.
MESSAGES = {
    'Empty': [],
    'Payload': [(1, 'type', F.TYPE_INT32), (2, 'body', F.TYPE_BYTES)],
    'EchoStatus': [(1, 'code', F.TYPE_INT32), (2, 'message', F.TYPE_STRING)],
    'SimpleRequest': [
        (2, 'response_size', F.TYPE_INT32), (3, 'payload', 'Payload'), (7, 'response_status', 'EchoStatus')],
    'SimpleResponse': [(1, 'payload', 'Payload')],
    'StreamingInputCallRequest': [(1, 'payload', 'Payload')],
    'StreamingInputCallResponse': [(1, 'aggregated_payload_size', F.TYPE_INT32)],
    'ResponseParameters': [(1, 'size', F.TYPE_INT32), (2, 'interval_us', F.TYPE_INT32)],
    'StreamingOutputCallRequest': [
        (2, 'response_parameters', '*ResponseParameters'), (3, 'payload', 'Payload'),
        (7, 'response_status', 'EchoStatus')],
    'StreamingOutputCallResponse': [(1, 'payload', 'Payload')],
}


def message_classes():
    file = descriptor_pb2.FileDescriptorProto(name='interop.proto', package=PACKAGE, syntax='proto3')
    for name, fields in MESSAGES.items():
        message = file.message_type.add(name=name)
        for number, field_name, kind in fields:
            field = message.field.add(number=number, name=field_name)
            field.label = F.LABEL_REPEATED if str(kind).startswith('*') else F.LABEL_OPTIONAL
            if isinstance(kind, str):
                field.type = F.TYPE_MESSAGE
                field.type_name = '.%s.%s' % (PACKAGE, kind.lstrip('*'))
            else:
                field.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    factory = message_factory.MessageFactory(pool)
    return {name: factory.GetPrototype(pool.FindMessageTypeByName('%s.%s' % (PACKAGE, name))) for name in MESSAGES}


M = message_classes()


def say(*words):
    print(*words, flush=True)


def payload(size):
    return M['Payload'](body=b'\0' * size)


def begin(name, context):
    """Says when the call begins and is over, and echoes the metadata of the test custom_metadata."""
    context.add_callback(lambda: say('over', name))
    for key, value in context.invocation_metadata():
        if key == 'x-grpc-test-echo-initial':
            context.send_initial_metadata(((key, value),))
        if key == 'x-grpc-test-echo-trailing-bin':
            context.set_trailing_metadata(((key, value),))
        if key == 'authorization' and value != 'Bearer good-token' and value != 'Basic dXNlcjpnb29kLXBhc3M=':
            context.abort(grpc.StatusCode.UNAUTHENTICATED, 'who is ' + value + '?')
    left = context.time_remaining()
    say('began', name, 'deadline' if left is not None and left < 1e6 else 'no-deadline')


def echo_status(request, context):
    if request.HasField('response_status') and request.response_status.code:
        code = next(each for each in grpc.StatusCode if each.value[0] == request.response_status.code)
        context.abort(code, request.response_status.message)


def empty_call(request, context):
    begin('EmptyCall', context)
    return M['Empty']()


def unary_call(request, context):
    begin('UnaryCall', context)
    echo_status(request, context)
    return M['SimpleResponse'](payload=payload(request.response_size))


def outputs(request):
    for parameters in request.response_parameters:
        if parameters.interval_us:
            time.sleep(parameters.interval_us / 1e6)
        yield M['StreamingOutputCallResponse'](payload=payload(parameters.size))


def streaming_output(request, context):
    begin('StreamingOutputCall', context)
    for response in outputs(request):
        yield response
    echo_status(request, context)


def streaming_input(requests, context):
    begin('StreamingInputCall', context)
    total = 0
    for request in requests:
        total += len(request.payload.body)
    return M['StreamingInputCallResponse'](aggregated_payload_size=total)


def full_duplex(requests, context):
    begin('FullDuplexCall', context)
    for request in requests:
        echo_status(request, context)
        for response in outputs(request):
            yield response


def method(make, function, request, response):
    return make(function, request_deserializer=M[request].FromString,
                response_serializer=lambda message: message.SerializeToString())


HANDLERS = {
    'EmptyCall': method(grpc.unary_unary_rpc_method_handler, empty_call, 'Empty', 'Empty'),
    'UnaryCall': method(grpc.unary_unary_rpc_method_handler, unary_call, 'SimpleRequest', 'SimpleResponse'),
    'StreamingOutputCall': method(grpc.unary_stream_rpc_method_handler, streaming_output,
                                  'StreamingOutputCallRequest', 'StreamingOutputCallResponse'),
    'StreamingInputCall': method(grpc.stream_unary_rpc_method_handler, streaming_input,
                                 'StreamingInputCallRequest', 'StreamingInputCallResponse'),
    'FullDuplexCall': method(grpc.stream_stream_rpc_method_handler, full_duplex,
                             'StreamingOutputCallRequest', 'StreamingOutputCallResponse'),
}


def read(path):
    with open(path, 'rb') as file:
        return file.read()


def main(port, *files):
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=32),
                         options=[('grpc.max_receive_message_length', 16 * 1024 * 1024), ('grpc.so_reuseport', 0),
                                  ('grpc.http2.min_ping_interval_without_data_ms', 50),
                                  ('grpc.keepalive_permit_without_calls', 1), ('grpc.http2.max_ping_strikes', 0)])
    server.add_generic_rpc_handlers(
        (grpc.method_handlers_generic_handler('%s.TestService' % PACKAGE, HANDLERS),))
    address = '127.0.0.1:%s' % port
    if files:
        cert, key, *ca = map(read, files)
        credentials = grpc.ssl_server_credentials(
            [(key, cert)], root_certificates=ca[0] if ca else None, require_client_auth=bool(ca))
        bound = server.add_secure_port(address, credentials)
    else:
        bound = server.add_insecure_port(address)
    server.start()
    say('listening on port', bound)
    server.wait_for_termination()


if __name__ == '__main__':
    main(*sys.argv[1:])
