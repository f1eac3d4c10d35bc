"""Holds the running program against its OpenAPI document: each path's answers have the schemas that it gives, and,
where schemathesis is at hand (PyPI), what that makes up is answered as documented."""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request

try:
    import jsonschema
except ImportError as missing:
    print(f"skipped: {missing} (Debian: python3-jsonschema)")
    sys.exit(77)

kModel = pathlib.Path(__file__).resolve().parents[1] / "data" / "golden" / "tiny-openai.safetensors"
kDocument = pathlib.Path(__file__).resolve().parents[2] / "examples" / "live" / "web" / "openapi.json"
kToken = "0123456789abcdef"
kSettings = ["input-size=64", "window-size=0", "refine-steps=2", "refine-dilations=1,2", "prompts=none"]
kEndless = {"/api/v1/messages", "/mjpeg"}  # in the document's text, since OpenAPI has no words for them
# What cannot be in a schema: grammars, names of properties. WHEP has no JSON.
kSchemathesis = ["--exclude-checks", "positive_data_acceptance", "--exclude-path-regex", "^/whep", "--max-examples", "10",
                 "--phases", "examples,coverage,fuzzing", "--max-time", "60", "--seed", "1"]


def json_schema(schema, document):
    """A schema of OpenAPI 3.0 as one of JSON Schema."""
    if isinstance(schema, list):
        return [json_schema(one, document) for one in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return json_schema(document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]], document)
    plain = {name: json_schema(value, document) for name, value in schema.items() if name not in ("nullable", "example")}
    return {"anyOf": [plain, {"type": "null"}]} if schema.get("nullable") else plain


class Program:
    def __init__(self, token_file):
        self.process = subprocess.Popen(
            [os.environ["NACLIP_LIVE"], "--headless", "--source", "test:red", "--size", "160x120", "--rate", "20",
             "--vocabulary", "thing; background: sky", "--model", kModel, "--web", "0", "--web-token-file", token_file,
             *(part for one in kSettings for part in ("--set", one))],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if found := re.search(r"page at (http://[^/]+)", line):
                self.address = found[1]
            if "watching" in line:
                break
        else:
            raise AssertionError("naclip-live did not start")
        # It would wait for room in the pipe.
        self.reader = threading.Thread(target=self.process.stderr.read, daemon=True)
        self.reader.start()

    def ask(self, path, method="GET", body=None):
        """Status, media type and body of an answer."""
        request = urllib.request.Request(
            self.address + path, method=method, data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {kToken}", "Content-Type": "application/json"})
        try:
            answer = urllib.request.urlopen(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.headers.get_content_type(), answer.read()

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(60) == 0
        self.reader.join()


def check(program, document, path, method, body=None):
    """Asks, and holds the answer against the document. The answer's JSON."""
    operation = document["paths"][path][method.lower()]
    status, media_type, text = program.ask(path.replace("{viewer}", "nobody"), method, body)
    assert str(status) in operation["responses"], (method, path, status, text)
    content = operation["responses"][str(status)].get("content", {})
    if not content:
        assert text == b"", (method, path, text)
        return None
    assert media_type in content, (method, path, media_type)
    if media_type != "application/json":
        return None
    answer = json.loads(text)
    jsonschema.validate(answer, json_schema(content[media_type]["schema"], document))
    return answer


def test_documented_paths(program, document):
    assert program.ask("/api/v1/openapi.json")[2] == kDocument.read_bytes()
    for path, operations in document["paths"].items():
        for method in operations:
            if method == "get":
                check(program, document, path, "GET")
            elif path != "/whep":
                check(program, document, path, method.upper(), {} if method != "delete" else None)
        if "{" not in path:
            status, _, _ = program.ask(path, "PATCH")
            assert status == 405, (path, status)
    assert program.ask("/api/v1/nothing")[0] == 404


def test_documented_bodies(program, document):
    words = check(program, document, "/api/v1/vocabulary", "PUT", {"vocabulary": "a\x1fb #ff0000 >0.5: c; d"})
    assert words["classes"][0] == {"label": "a b", "synonyms": ["c"], "colour": "#ff0000", "threshold": 0.5}, words
    again = check(program, document, "/api/v1/vocabulary", "PUT", {"classes": words["classes"]})
    assert again["classes"] == words["classes"], again
    properties = check(program, document, "/api/v1/properties", "PUT", {"naclipoverlay": {"opacity": 0.25}})
    assert properties["naclipoverlay"]["opacity"]["value"] == 0.25
    check(program, document, "/api/v1/properties", "PUT", {"naclipoverlay": {"\x1f": 1}})
    check(program, document, "/api/v1/session", "POST", {"token": kToken})
    check(program, document, "/api/v1/session", "POST", {"token": "no"})


def test_the_program_has_nothing_undocumented(document):
    source = (kDocument.parent / "page.cpp").read_text()
    served = {(path.rstrip("/"), method.lower()) for path, method in re.findall(r'\{"(/\S*)", \{"([A-Z]+)",', source)}
    written = {(path.replace("/{viewer}", ""), method) for path, methods in document["paths"].items() for method in methods}
    assert served - {(path, "get") for path in kEndless} == written - {("/api/v1/openapi.json", "get")}, served ^ written


def test_schemathesis(program):
    schemathesis = shutil.which("st") or shutil.which("schemathesis")
    if not schemathesis:
        print("without schemathesis (PyPI), which is not here")
        return
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([schemathesis, "run", program.address + "/api/v1/openapi.json", "-H",
                               f"Authorization: Bearer {kToken}", *kSchemathesis], cwd=folder, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=500)
    assert done.returncode == 0, done.stdout


def main():
    with tempfile.TemporaryDirectory() as folder:
        token_file = pathlib.Path(folder) / "token"
        token_file.write_text(kToken)
        document = json.loads(kDocument.read_text())
        program = Program(token_file)
        try:
            test_documented_paths(program, document)
            test_documented_bodies(program, document)
            test_the_program_has_nothing_undocumented(document)
            test_schemathesis(program)
        finally:
            program.stop()


main()
