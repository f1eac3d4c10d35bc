#!/usr/bin/env python3
"""Checks that each line of a file is a message of the schema.

    check_messages.py SCHEMA FILE

Exit status: 0 all are, 1 one is not, 77 python3-jsonschema is missing.
"""
import json
import sys

try:
    import jsonschema
except ImportError:
    print("python3-jsonschema is missing")
    sys.exit(77)

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)
count = 0
with open(sys.argv[2], encoding="utf-8") as file:
    for line in file:
        errors = [error.message for error in validator.iter_errors(json.loads(line))]
        if errors:
            print(f"{line.strip()}\n  {errors}")
            sys.exit(1)
        count += 1
print(f"{count} messages are of the schema")
