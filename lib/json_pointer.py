"""Places in a JSON document, as JSON Pointers (RFC 6901)."""


def escaped(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")
