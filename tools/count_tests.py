"""Counts what ctest ran: every GoogleTest case, and every other ctest test as one.

    count_tests.py FOLDER...

Each FOLDER holds `ctest.xml` (ctest --output-junit), `tests.json` (ctest --show-only=json-v1) and
gtest/*.xml (GTEST_OUTPUT=xml:FOLDER/gtest/). Names what failed, then prints one line as the last:
"N passed, M failed" and ", K skipped" if any were. Exit status 1 when a test failed or none ran.
"""
import json
import pathlib
import re
import sys
import xml.etree.ElementTree as xml
from collections import Counter, defaultdict


def programs(folder):
    """What each ctest test runs: its program's file name."""
    listed = json.loads((folder / "tests.json").read_text())
    return {t["name"]: pathlib.Path(t.get("command", [""])[0]).name for t in listed["tests"]}


def outcome(case):
    """A ctest test: passed, failed or skipped. One that could not be started has failed."""
    status = case.get("status")
    skipped = case.find("skipped")
    if status == "run":
        return "passed"
    if status == "disabled":
        return "skipped"
    if status == "notrun" and skipped is not None:
        if "SKIP_RETURN_CODE" in skipped.get("message", "") or \
                "SKIP_REGULAR_EXPRESSION" in skipped.get("message", ""):
            return "skipped"
    return "failed"


def gtest_outcome(case):
    if case.find("failure") is not None:
        return "failed"
    if case.get("status") == "notrun" or case.get("result") in ("skipped", "suppressed"):
        return "skipped"
    return "passed"


def reports(folder):
    """GoogleTest's reports by program: units_test.xml, units_test_1.xml, ... are of units_test."""
    found = defaultdict(list)
    for path in sorted((folder / "gtest").glob("*.xml")):
        found[re.sub(r"_\d+$", "", path.stem)].append(path)
    return found


def count(folder):
    """How many passed, failed and were skipped, and the names of the failed."""
    total, failed = Counter(), []
    runs = programs(folder)
    groups = defaultdict(list)  # ctest tests by program: several may run one with other arguments
    for case in xml.parse(folder / "ctest.xml").getroot().iter("testcase"):
        program = runs.get(case.get("name"), "")
        groups[program].append((case.get("name"), outcome(case)))
    found = reports(folder)
    for program, entries in groups.items():
        if program not in found:
            total.update(result for _, result in entries)
            failed += [name for name, result in entries if result == "failed"]
            continue
        failed_reports = 0
        for path in found[program]:
            before = total["failed"]
            for case in xml.parse(path).getroot().iter("testcase"):
                result = gtest_outcome(case)
                total[result] += 1
                if result == "failed":
                    failed.append(f"{case.get('classname')}.{case.get('name')}")
            failed_reports += total["failed"] > before
        # A program may also crash before its report, or fail after it (a leak, a time-out).
        failed_entries = [name for name, result in entries if result == "failed"]
        beyond = failed_entries[failed_reports:]
        total["failed"] += len(beyond)
        failed += [f"{name}: ended badly although its reported cases passed" for name in beyond]
    return total, failed


def main():
    total = Counter()
    for folder in map(pathlib.Path, sys.argv[1:]):
        here, failed = count(folder)
        total += here
        for name in failed:
            print(f"failed: {name}")
    line = f"{total['passed']} passed, {total['failed']} failed"
    if total["skipped"]:
        line += f", {total['skipped']} skipped"
    print(line)
    return 1 if total["failed"] or not total["passed"] else 0


if __name__ == "__main__":
    sys.exit(main())
