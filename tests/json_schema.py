# SPDX-License-Identifier: MIT
"""What a command prints as JSON against its schema in toolstack/schema."""
import json
import os

from jsonschema import Draft202012Validator, RefResolver

HERE = os.path.dirname(os.path.realpath(__file__))
SCHEMAS = os.path.realpath(f"{HERE}/../toolstack/schema")


def strict(schema):
    """The schema without leave to add members: those that corbel prints are all
    told of."""
    if isinstance(schema, dict):
        schema = {key: strict(value) for key, value in schema.items()}
        if "properties" in schema:
            schema.setdefault("additionalProperties", False)
    elif isinstance(schema, list):
        schema = [strict(value) for value in schema]
    return schema


def load(uri):
    with open(uri.removeprefix("file://"), encoding="utf-8") as file:
        return strict(json.load(file))


def values(text):
    """The JSON values that follow one another."""
    decoder = json.JSONDecoder()
    while text := text.lstrip():
        value, end = decoder.raw_decode(text)
        yield value
        text = text[end:]


def faults_of(command, text):
    """Yield what is wrong with the output of a command, "xml-list"."""
    uri = f"file://{SCHEMAS}/{command}.json"
    schema = load(uri)
    Draft202012Validator.check_schema(schema)
    resolver = RefResolver(uri, schema, handlers={"file": load})
    validator = Draft202012Validator(schema, resolver=resolver)
    count = 0
    try:
        for count, value in enumerate(values(text), 1):
            for error in validator.iter_errors(value):
                yield f"{error.json_path}: {error.message}"
    except json.JSONDecodeError as error:
        yield f"no JSON: {error}"
    if count == 0:
        yield "it printed nothing"
