#!/usr/bin/env python3
"""Holds the rooms to the rules of the house, by the DEPS lists in src/*/CMakeLists.txt and by every #include.

base <- net, event, feature <- stations <- site <- apps. A station knows another station by its door only (a library named
<room>_door); doors depend on base and event; detail/ is private to its room; an included header belongs to a library in DEPS.
Prints each wrong edge and exits with 1. With --self-check it also plants one wrong edge of each kind and exits with 1 unless
each is found. Usage: include_graph.py [--self-check] SOURCE_DIR
"""
import copy
import pathlib
import re
import sys

LAYERS = {"base": 0, "net": 1, "event": 1, "feature": 1, "site": 3}  # every other room is a station: 2
# Edges that break a rule on purpose, (from, to): why.
ALLOWED = {
    ("deploy_door", "score_door"): "a target hands out the scorer's client, which is score's door",
    ("deploy", "score"): "the inline target runs score's engine inside the site; the fake target runs its fake",
    ("improve", "train_trees"): "the gate judges finished models: trees and metrics, without XGBoost",
}


def layer(room):
    return LAYERS.get(room, 2)


class Library:
    def __init__(self, name, room, arguments, is_test):
        self.name, self.room, self.is_test = name, room, is_test
        self.files = [f"{room}/{f}" for key in ("SRCS", "HDRS") for f in arguments.get(key, [])]
        self.headers = [f"{room}/{f}" for f in arguments.get("HDRS", [])]
        self.deps = list(arguments.get("DEPS", []))


def read_libraries(source):
    libraries = {}
    for listing in sorted(source.glob("src/*/CMakeLists.txt")):
        text = re.sub(r"#.*", "", listing.read_text())
        for kind, body in re.findall(r"edgewise_(library|test)\(([^)]*)\)", text):
            words, arguments, key = body.split(), {}, None
            for word in words[1:]:
                if word in ("SRCS", "HDRS", "DEPS", "LIBS", "LABELS", "TIMEOUT"):
                    key = word
                else:
                    arguments.setdefault(key, []).append(word)
            libraries[words[0]] = Library(words[0], listing.parent.name, arguments, kind == "test")
    return libraries


def read_includes(source):
    """{file relative to src/ (or apps/...): [included header]} of every source."""
    includes = {}
    for root, prefix in ((source / "src", ""), (source / "apps", "apps/")):
        for path in sorted(root.rglob("*")):
            if path.suffix in (".cc", ".h"):
                found = re.findall(r'^\s*#include "([^"]+)"', path.read_text(), re.MULTILINE)
                includes[prefix + path.relative_to(root).as_posix()] = found
    return includes


def is_of_tests(file):
    return re.search(r"(_test\.(cc|h)|_conformance\.h|_for_tests\.cc)$", file) is not None


def reachable(libraries, name, seen):
    for dep in libraries[name].deps:
        if dep in libraries and dep not in seen:
            seen.add(dep)
            reachable(libraries, dep, seen)
    return seen


def wrong_dependency(here, there):
    """Why library `here` may not name `there` in DEPS, or nothing."""
    if here.is_test or here.room == there.room or (here.name, there.name) in ALLOWED:
        return None
    if here.name.endswith("_door") and there.room not in ("base", "event"):
        return "a door depends on base and event only"
    if layer(there.room) > layer(here.room):
        return f"{there.room} is above {here.room}"
    if layer(here.room) == layer(there.room) and not (layer(here.room) == 2 and there.name.endswith("_door")):
        return f"{here.room} may know {there.room} by its door only"
    return None


def check_dependencies(libraries):
    for library in libraries.values():
        for dep in library.deps:
            if dep not in libraries:
                yield f"{library.name}: DEPS names {dep}, which is no library"
            elif reason := wrong_dependency(library, libraries[dep]):
                yield f"{library.name} -> {dep}: {reason}"
        if library.name in reachable(libraries, library.name, set()):
            yield f"{library.name} depends on itself"


def check_includes(libraries, includes):
    owner = {header: library for library in libraries.values() for header in library.headers}
    users = {}
    for library in libraries.values():
        for file in library.files:
            users.setdefault(file, []).append(library)
    for file, headers in includes.items():
        room = file.split("/")[0]
        for header in headers:
            if header.startswith("apps/") and not file.startswith("apps/"):
                yield f"{file}: includes {header}: apps is above {room}"
            if "/detail/" in header and header.split("/")[0] != room:
                yield f"{file}: includes {header}, which is private"
            if header not in owner or is_of_tests(file):
                continue
            for library in users.get(file, []):
                if owner[header].name != library.name and owner[header].name not in reachable(libraries, library.name, set()):
                    yield f"{file}: includes {header} of {owner[header].name}, which is not in {library.name}'s DEPS"
        if not file.startswith("apps/") and not users.get(file) and not is_of_tests(file):
            yield f"{file}: belongs to no library"


def check(libraries, includes):
    return [*check_dependencies(libraries), *check_includes(libraries, includes)]


def self_check(libraries, includes):
    """Plants one wrong edge of each kind; returns those that were not found."""
    planted = [
        ("base", "event"), ("net", "feature"), ("event", "store_door"), ("queue", "store"), ("relay", "hub"), ("score_door", "net"),
        ("hub_core", "site_machine"), ("store", "no_such_library"),
    ]
    missed = []
    for here, there in planted:
        changed = copy.deepcopy(libraries)
        changed[here].deps.append(there)
        if not any(fault.startswith(f"{here}") and there in fault for fault in check(changed, includes)):
            missed.append(f"{here} -> {there}")
    for file, header in [("relay/relay.cc", "store/directory_store.h"), ("relay/relay.cc", "net/detail/socket.h"),
                         ("base/digest.cc", "event/event.h"), ("site/site.cc", "apps/edgewise/commands.h"),
                         ("apps/edgewise/main.cc", "feature/detail/plan.h")]:
        changed = copy.deepcopy(includes)
        changed.setdefault(file, []).append(header)
        if not any(fault.startswith(f"{file}: includes {header}") for fault in check(libraries, changed)):
            missed.append(f"{file} includes {header}")
    return missed


def main(arguments):
    source = pathlib.Path(arguments[-1])
    libraries, includes = read_libraries(source), read_includes(source)
    if len(libraries) < 10 or len(includes) < 50:
        print(f"include_graph: {source} does not look like the source tree")
        return 1
    faults = check(libraries, includes)
    if "--self-check" in arguments:
        faults += [f"self-check: not found: {edge}" for edge in self_check(libraries, includes)]
    for fault in faults:
        print(f"include_graph: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
