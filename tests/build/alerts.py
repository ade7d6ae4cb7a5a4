#!/usr/bin/env python3
"""Holds the alert rules of examples/alerts to promtool, to their tests, and to what a site and the documents say.

promtool checks the rules and runs edgewise.rules_test.yml, in which each alert fires and keeps silent. Each alert must be in that file and
in docs/operating.md; each metric that a rule asks for must be in that document and in the sources. Exit code: 0; 1 a fault is printed; 77
skipped: no promtool (tools/bootstrap test fetches it). Usage: alerts.py SOURCE_DIR
"""
import pathlib
import re
import shutil
import subprocess
import sys

SKIPPED = 77


def main(source):
    promtool = shutil.which("promtool") or source / "build/deps/prometheus/usr/bin/promtool"
    if not pathlib.Path(promtool).exists():
        print("skipped: there is no promtool; tools/bootstrap test fetches it")
        return SKIPPED
    folder = source / "examples/alerts"
    rules, cases = folder / "edgewise.rules.yml", folder / "edgewise.rules_test.yml"
    for command in (["check", "rules", rules], ["test", "rules", cases]):
        done = subprocess.run([promtool, *command], capture_output=True, text=True, cwd=folder)
        if done.returncode != 0:
            print(done.stdout + done.stderr)
            return 1
    document = (source / "docs/operating.md").read_text()
    code = "".join(path.read_text() for path in (source / "src").rglob("*.cc") if not path.name.endswith("_test.cc"))
    tested = cases.read_text()
    faults = []
    alerts = re.findall(r"- alert: (\w+)", rules.read_text())
    for alert in alerts:
        if alert not in document:
            faults.append(f"{alert} is not in docs/operating.md")
        firing = re.search(rf"alertname: {alert}\n *exp_alerts:\n", tested)
        silent = re.search(rf"alertname: {alert}\n *exp_alerts: \[\]", tested)
        if not firing or not silent:
            faults.append(f"{alert} must fire once and keep silent once in {cases.name}")
    metrics = set(re.findall(r"edgewise_\w+", " ".join(re.findall(r"expr: (.*)", rules.read_text()))))
    for metric in sorted(metrics):
        if metric not in document:
            faults.append(f"{metric} is not in docs/operating.md")
        if f'"{metric}"' not in code:
            faults.append(f"{metric}: nothing counts it")
    for fault in faults:
        print("alerts: " + fault)
    print(f"alerts: {len(alerts)} alerts over {len(metrics)} metrics")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1]).resolve()))
