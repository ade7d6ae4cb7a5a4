#!/usr/bin/env python3
"""Holds docs/dependencies.md to what is really used: every library that cmake/Dependencies.cmake finds, every package of web/package.json
and tools/bootstrap, and both clients of tests/clients have their row, every package in a row is installed by bootstrap, and pinned versions
agree. Prints each fault and exits with 1. With --self-check it also plants faults and fails unless each is found.
Usage: dependencies.py [--self-check] SOURCE_DIR
"""
import json
import pathlib
import re
import sys

OUTSIDE = {"libc6", "not Debian 12's", "tests/converters/requirements.txt", "tests/clients/requirements.txt", "tests/network/package.json"}  # not apt's to install


def rows(page):
    """The tables' rows as lists of cells, heads and rules left out."""
    lines = [line for line in page.splitlines() if line.startswith("| ")]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return [row for row in cells if row[0] not in ("library", "tool")]


def found_by_cmake(text):
    text = re.sub(r"#.*", "", text)
    names = re.findall(r"find_package\((\w[\w-]*)", text) + re.findall(r"find_library\(\w+ (\w+)", text)
    return names + re.findall(r"IMPORTED_TARGET ([\w-]+)", text)


def installed(text):
    packages = re.search(r"^packages=\((.*?)\)", text, re.MULTILINE | re.DOTALL)[1].split()
    packages += " ".join(re.findall(r"packages\+=\((.*?)\)", text)).split()
    return set(packages) | set(re.findall(r"[\w+.-]+:([\w.-]+[\w])(?=[ )])", text))


def check(page, cmake, bootstrap, web, fetch, clients):
    table = rows(page)
    first_words = {row[0].split(" (")[0] for row in table}
    packages = {package for row in table if len(row) > 4 for package in row[1].split(", ") if not re.match(r"\d", package)} - OUTSIDE
    for name in sorted(set(found_by_cmake(cmake)) - first_words):
        yield f"cmake/Dependencies.cmake finds {name}, which has no row"
    for package in sorted(installed(bootstrap) - packages):
        yield f"tools/bootstrap installs {package}, which has no row"
    for package in sorted(packages - installed(bootstrap)):
        yield f"{package} has a row, but tools/bootstrap does not install it"
    for name, version in {**web.get("dependencies", {}), **web.get("devDependencies", {})}.items():
        if not any(row[:2] == [name, version] for row in table):
            yield f"web/package.json has {name} {version}, which has no row with this version"
    onnx = re.search(r"^version=(\S+)", fetch, re.MULTILINE)[1]
    if not any(row[0] == "ONNX Runtime" and row[2] == onnx for row in table):
        yield f"tools/fetch-onnxruntime fetches {onnx}, which has no row with this version"
    for name, version in re.findall(r"^(tritonclient|kserve)==(\S+)", clients, re.MULTILINE):  # the list itself says what they need
        if not any(row[0] == name and row[2] == version for row in table):
            yield f"tests/clients/requirements.txt has {name} {version}, which has no row with this version"
    for row in table:
        if any(not cell for cell in row):
            yield f"the row of {row[0]} has an empty cell"


def self_check(inputs):
    page, cmake, bootstrap, web, fetch, clients = inputs
    planted = {
        "a library": (page, cmake + "\nfind_package(Planted REQUIRED)", bootstrap, web, fetch, clients),
        "a package": (page, cmake, bootstrap.replace("packages=(", "packages=(libplanted-dev "), web, fetch, clients),
        "a command": (page, cmake, bootstrap.replace("commands=(", "commands=(planted:planted-19 ", 1), web, fetch, clients),
        "a row": (page + "| Planted | libplanted-dev | 1 | MIT | nothing | - |\n", cmake, bootstrap, web, fetch, clients),
        "a page's package": (page, cmake, bootstrap, {"dependencies": {"planted": "1.0.0"}}, fetch, clients),
        "another version": (page, cmake, bootstrap, web, fetch.replace("version=1", "version=9", 1), clients),
        "an empty cell": (page.replace("| BSL-1.0 |", "|  |"), cmake, bootstrap, web, fetch, clients),
        "another client": (page, cmake, bootstrap, web, fetch, clients.replace("kserve==0", "kserve==9", 1)),
    }
    return [f"self-check: {what} was not found" for what, changed in planted.items() if not list(check(*changed))]


def main(arguments):
    source = pathlib.Path(arguments[-1])
    read = lambda name: (source / name).read_text()
    inputs = (read("docs/dependencies.md"), read("cmake/Dependencies.cmake"), read("tools/bootstrap"),
              json.loads(read("web/package.json")), read("tools/fetch-onnxruntime"), read("tests/clients/requirements.txt"))
    faults = list(check(*inputs))
    if "--self-check" in arguments:
        faults += self_check(inputs)
    for fault in faults:
        print(f"dependencies: {fault}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
