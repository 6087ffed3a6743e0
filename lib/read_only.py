"""What answers tell beside what can be written: taken back in a request, so that what GET gave can be sent by PUT or PATCH.

These fields are passed over: many of them move by themselves between reading and writing. An `id` that is another one's is
a mistake, though, and is refused."""

from typing import Annotated

from pydantic import Field, StrictInt, WithJsonSchema
from pydantic.config import JsonDict


class ReadOnlyFieldChanged(Exception):
    code = "field.read_only"
    pointer = "/id"

    def __init__(self, sent: int, own: int) -> None:
        self.detail = f"This is {own}, and the body has the id {sent}; an id cannot be changed."
        super().__init__(self.detail)


def passed_over(schema: JsonDict) -> None:
    schema.pop("default", None)
    schema["readOnly"] = True
    schema["description"] = "As answers have it; passed over."


def own_id(schema: JsonDict) -> None:
    schema.pop("default", None)
    schema["readOnly"] = True
    schema["description"] = "As answers have it: that of the path."


# Whatever is sent there; absent, they are as they were.
OwnId = Annotated[StrictInt | None, WithJsonSchema({"type": "integer"}), Field(json_schema_extra=own_id)]
Time = Annotated[
    object, WithJsonSchema({"type": "string", "format": "date-time"}), Field(json_schema_extra=passed_over)
]
TimeOrNull = Annotated[
    object,
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}),
    Field(json_schema_extra=passed_over),
]
Text = Annotated[object, WithJsonSchema({"type": "string"}), Field(json_schema_extra=passed_over)]
Facts = Annotated[object, WithJsonSchema({"type": "object"}), Field(json_schema_extra=passed_over)]


def check_same_id(sent: int | None, own: int) -> None:
    if sent is not None and sent != own:
        raise ReadOnlyFieldChanged(sent, own)
