#!/usr/bin/env python3
"""Holds files to the limits of the style: .cc 250 lines, .h 150, a room's README.md 40. Prints each file that is longer and exits with 1.
A file in EXCEPTIONS may be longer until somebody splits it; take it out of the list then. Usage: sizes.py SOURCE_DIR
"""
import pathlib
import sys

LIMITS = {".cc": 250, ".h": 150, "README.md": 40}
FOLDERS = ("src", "apps", "tests", "bench", "fuzz", "web", "examples")
# Today's: the list may only get shorter.
EXCEPTIONS = {
    "src/feature/detail/spec.cc",
    "src/hub/hub_test.cc",
    "src/hub/index.h",
    "src/relay/relay_test.cc",
}


def main(source):
    faults = 0
    files = [path for folder in FOLDERS for path in sorted((source / folder).rglob("*")) if "node_modules" not in path.parts]
    for path in files:
        limit = LIMITS.get(path.name) or LIMITS.get(path.suffix)
        if not limit or not path.is_file():
            continue
        name, lines = path.relative_to(source).as_posix(), len(path.read_text().splitlines())
        if lines > limit and name not in EXCEPTIONS:
            print(f"sizes: {name} has {lines} lines, of at most {limit}: split it by idea")
            faults += 1
        elif lines <= limit and name in EXCEPTIONS:
            print(f"sizes: {name} keeps the limit now: take it out of EXCEPTIONS in tests/build/sizes.py")
    return 1 if faults or len(files) < 50 else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
