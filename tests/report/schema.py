"""As much of JSON Schema as ``status.schema.json`` needs; a word that it does not know is an error."""

KNOWN = {"$schema", "title", "description", "type", "required", "properties", "const", "enum", "items", "additionalProperties"}  # fmt: skip
TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "null": type(None), "integer": int,
    "number": (int, float),
}  # fmt: skip


def problems(value, schema, at="status"):
    """Yield what is wrong with a value, each as one sentence."""
    assert set(schema) <= KNOWN, set(schema) - KNOWN
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(_is(value, name) for name in types):
        yield f"{at}: {value!r} is none of {types}"
        return
    if "const" in schema and value != schema["const"]:
        yield f"{at}: {value!r} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        yield f"{at}: {value!r} is none of {schema['enum']}"
    if isinstance(value, dict):
        yield from (f"{at}: {name} is missing" for name in schema.get("required", ()) if name not in value)
        for name, each in value.items():
            below = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
            yield from problems(each, below, f"{at}.{name}")
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from problems(each, schema.get("items", {}), f"{at}[{index}]")


def _is(value, name):
    is_number = name in ("integer", "number")
    return isinstance(value, TYPES[name]) and not (is_number and isinstance(value, bool))
