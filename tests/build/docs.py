#!/usr/bin/env python3
"""Checks that the documents are true as far as a program can see: links to files and headings lead somewhere, and the commands in them
exist (make doors, tools/, edgewise commands). Prints each fault and exits with 1. Usage: docs.py SOURCE_DIR [EDGEWISE]
With the program given, every `edgewise <command>` in a document must be one that it knows.
"""
import pathlib
import re
import subprocess
import sys


def documents(source):
    outside = {"build", "node_modules", ".git"}
    return [path for path in sorted(source.rglob("*.md")) if not outside & set(path.relative_to(source).parts)]


def anchors(text):
    titles = re.findall(r"^#+ +(.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def broken_links(path, text):
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, heading = target.partition("#")
        linked = (path.parent / file).resolve() if file else path
        if not linked.exists():
            yield f"link to {target}, which is not there"
        elif heading and linked.suffix == ".md" and heading not in anchors(linked.read_text()):
            yield f"link to {target}: no such heading"


def code(text):
    """Fenced and indented blocks, and `code` in a line."""
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.MULTILINE | re.DOTALL) + re.findall(r"^    .+$", text, re.MULTILINE)
    return blocks + re.findall(r"`([^`\n]+)`", text)


def unknown_commands(source, text, doors, commands):
    for block in code(text):
        for door in re.findall(r"(?:^|\s)make ((?:[a-z-]+ ?)+)", block, re.MULTILINE):
            yield from (f"`make {word}`: no such door" for word in door.split() if word not in doors)
        for tool in re.findall(r"\btools/[a-z][a-z-]*\b(?!\.)", block):
            if not (source / tool).exists():
                yield f"`{tool}` is not there"
        if commands:
            for word in re.findall(r"(?:^|/|\s)edgewise ([a-z][a-z-]*)", block, re.MULTILINE):
                if word not in commands:
                    yield f"`edgewise {word}`: no such command"


def main(source, program):
    doors = set(re.findall(r"^([a-z-]+):", (source / "Makefile").read_text(), re.MULTILINE))
    commands = set()
    if program:
        listing = subprocess.run([program, "--help"], capture_output=True, text=True, check=True).stdout
        commands = set(re.findall(r"^  ([a-z-]+) ", listing, re.MULTILINE))
    faults = []
    for path in documents(source):
        text = path.read_text()
        for fault in [*broken_links(path, text), *unknown_commands(source, text, doors, commands)]:
            faults.append(f"{path.relative_to(source)}: {fault}")
    print("\n".join(sorted(set(faults))), end="\n" if faults else "")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None))
