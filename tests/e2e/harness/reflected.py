"""The agent's calls, made with no more than what it tells of itself, as grpcurl does."""

import grpc
from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory

REFLECTION = "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo"
# Of ServerReflectionRequest.
FILE_BY_FILENAME, FILE_CONTAINING_SYMBOL, LIST_SERVICES = 3, 4, 7
# Of ServerReflectionResponse.
FILE_DESCRIPTOR_RESPONSE, LIST_SERVICES_RESPONSE = 4, 6


def varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at


def fields(message: bytes):
    """(number, bytes) of each field that has a length; the answers of reflection need no others."""
    at = 0
    while at < len(message):
        tag, at = varint(message, at)
        length, at = varint(message, at)
        if tag & 7 == 2:
            yield tag >> 3, message[at:at + length]
            at += length


def text_field(number: int, text: str) -> bytes:
    assert len(text) < 128
    return bytes([number << 3 | 2, len(text)]) + text.encode()


class Reflected:
    """A context manager over one connection."""

    def __init__(self, address: str):
        self._channel = grpc.insecure_channel(address)
        self._pool = descriptor_pool.DescriptorPool()
        self._known = set()

    def _ask(self, number: int, text: str, wanted: int) -> list[bytes]:
        call = self._channel.stream_stream(REFLECTION, request_serializer=bytes, response_deserializer=bytes)
        answer = next(iter(call(iter([text_field(number, text)]), timeout=10)))
        return [content for found, inside in fields(answer) if found == wanted
                for content_number, content in fields(inside) if content_number == 1]

    def services(self) -> set[str]:
        answers = self._ask(LIST_SERVICES, "", LIST_SERVICES_RESPONSE)
        return {name.decode() for service in answers for number, name in fields(service) if number == 1}

    def _learn(self, answers: list[bytes]) -> None:
        """Files of the protocol, those that they import first."""
        for answer in answers:
            file = descriptor_pb2.FileDescriptorProto.FromString(answer)
            if file.name in self._known:
                continue
            self._known.add(file.name)
            for name in file.dependency:
                self._learn(self._ask(FILE_BY_FILENAME, name, FILE_DESCRIPTOR_RESPONSE))
            self._pool.Add(file)

    def call(self, service: str, method: str, request: dict) -> dict:
        """The answer in JSON's form; of a stream, its first message."""
        self._learn(self._ask(FILE_CONTAINING_SYMBOL, service, FILE_DESCRIPTOR_RESPONSE))
        described = self._pool.FindServiceByName(service).methods_by_name[method]
        factory = message_factory.MessageFactory(self._pool)
        Request, Response = (factory.GetPrototype(kind) for kind in (described.input_type, described.output_type))
        call = self._channel.unary_stream(f"/{service}/{method}", request_serializer=Request.SerializeToString,
                                          response_deserializer=Response.FromString)
        return json_format.MessageToDict(next(iter(call(json_format.ParseDict(request, Request()), timeout=30))))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._channel.close()
