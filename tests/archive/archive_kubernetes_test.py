"""pipelines/archive-kubernetes.yaml: the API's own models know each field and lack none, and the file is of one piece."""

import ast
import importlib
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "python"))
FILE = ROOT / "pipelines" / "archive-kubernetes.yaml"
WORKERS = ROOT / "gst-plugin" / "python" / "naclip" / "_archive" / "workers.py"


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def statuses():
    """The exit codes of `naclip-archive run`, read without what the package needs."""
    for node in ast.parse(WORKERS.read_text()).body:
        if isinstance(node, ast.ClassDef) and node.name == "Status":
            return {line.targets[0].id: line.value.value for line in node.body if isinstance(line, ast.Assign)}
    raise AssertionError("workers.py has no Status")


def check_facts(claim, pod, job):
    codes = {rule["action"]: rule["onExitCodes"]["values"] for rule in job["spec"]["podFailurePolicy"]["rules"]
             if "onExitCodes" in rule}
    known = statuses()
    assert codes == {"FailIndex": [known["BAD_INPUT"]], "FailJob": [known["BAD_SETTINGS"]]}, codes
    template = job["spec"]["template"]["spec"]
    assert template["restartPolicy"] == "Never"  # which podFailurePolicy asks for
    container, = template["containers"]
    assert all(rule.get("onExitCodes", {}).get("containerName", "archive") == container["name"]
               for rule in job["spec"]["podFailurePolicy"]["rules"])
    found = re.fullmatch(r"\$\(JOB_COMPLETION_INDEX\)/(\d+)", container["args"][container["args"].index("--part") + 1])
    assert found and int(found[1]) == job["spec"]["completions"] > job["spec"]["maxFailedIndexes"]
    for spec in template, pod["spec"]:
        one, = spec["containers"]
        assert {mount["name"] for mount in one["volumeMounts"]} == {volume["name"] for volume in spec["volumes"]}
        assert spec["volumes"][0]["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
        assert spec["securityContext"]["runAsNonRoot"] and one["image"] == container["image"]


def check_type(value, kind, models, path):
    """`value` is what the API's model `kind` is made of, a class of `models` or a type such as list[str]. What it has no
    field for is said, and its constructor says what is missing."""
    inner = re.fullmatch(r"[lL]ist\[(.*)\]|[dD]ict[\(\[]str, (.*)[\)\]]", kind)
    if inner and inner[1]:
        assert isinstance(value, list), f"{path}: no list"
        return [check_type(one, inner[1], models, f"{path}[{number}]") for number, one in enumerate(value)]
    if inner:
        assert isinstance(value, dict), f"{path}: no map"
        return {key: check_type(one, inner[2], models, f"{path}.{key}") for key, one in value.items()}
    simple = {"str": str, "int": int, "bool": bool, "object": object}
    if kind in simple:
        # Quantities and ports have the type str in these models.
        assert isinstance(value, simple[kind]), f"{path}: {value!r} is no {kind}"
        return value
    model = getattr(models, kind)
    assert isinstance(value, dict), f"{path}: no {kind}"
    names = {name: field for field, name in model.attribute_map.items()}
    unknown = set(value) - set(names)
    assert not unknown, f"{path}: {kind} has no {', '.join(sorted(unknown))}"
    return model(**{names[name]: check_type(one, model.openapi_types[names[name]], models, f"{path}.{name}")
                    for name, one in value.items()})


def main():
    try:
        yaml = importlib.import_module("yaml")
    except ImportError as missing:
        skip(missing)
    claim, pod, job = documents = list(yaml.safe_load_all(FILE.read_text()))
    check_facts(claim, pod, job)
    try:
        models = importlib.import_module("kubernetes.client.models")
    except ImportError as missing:
        skip(f"what the file says of itself is true; the API's models are not here: {missing}")
    if "backoff_limit_per_index" not in models.V1JobSpec.attribute_map:
        skip("what the file says of itself is true; the API's models are here, but from before Kubernetes 1.29")
    for document in documents:
        check_type(document, "V1" + document["kind"], models, document["kind"])


main()
