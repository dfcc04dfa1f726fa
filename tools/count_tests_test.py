"""count_tests.py on small reports as ctest 3.25 and GoogleTest 1.12 write them."""
import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest
from unittest import mock

import count_tests

PASSED = 'status="run"/>'
FAILED = 'status="fail"><failure message=""/></testcase>'
SKIPPED = 'status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>'
NOT_FOUND = 'status="notrun"><skipped message="Unable to find executable"/></testcase>'


def gtest(**cases):
    """A report with one case for each name: ok, bad, skipped or disabled."""
    tags = {"ok": 'status="run" result="completed"/>',
            "bad": 'status="run" result="completed"><failure message="1"/></testcase>',
            "skipped": 'status="run" result="skipped"><skipped message="no"/></testcase>',
            "disabled": 'status="notrun" result="suppressed"/>'}
    body = "".join(f'<testcase name="{n}" classname="S" {tags[r]}' for n, r in cases.items())
    return f"<testsuites><testsuite>{body}</testsuite></testsuites>"


def count(tests, reports=()):
    """tests: (name, program, how it ended); reports: file name -> text. Returns status, output."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        listed = {"tests": [{"name": n, "command": [f"/b/bin/{p}"]} for n, p, _ in tests]}
        (folder / "tests.json").write_text(json.dumps(listed))
        cases = "".join(f'<testcase name="{n}" classname="{n}" {end}' for n, _, end in tests)
        (folder / "ctest.xml").write_text(f"<testsuite>{cases}</testsuite>")
        (folder / "gtest").mkdir()
        for file, text in dict(reports).items():
            (folder / "gtest" / file).write_text(text)
        out = io.StringIO()
        with mock.patch.object(sys, "argv", ["count_tests.py", name]), \
                contextlib.redirect_stdout(out):
            status = count_tests.main()
        return status, out.getvalue().splitlines()


class CountTests(unittest.TestCase):
    def test_gtest_cases_count_each_and_other_tests_once(self):
        self.assertEqual(count([("units", "units_test", PASSED), ("layers", "python3", PASSED)],
                               {"units_test.xml": gtest(a="ok", b="ok", c="ok")}),
                         (0, ["4 passed, 0 failed"]))

    def test_a_failed_case_is_named_and_fails_the_run(self):
        self.assertEqual(count([("units", "units_test", FAILED)],
                               {"units_test.xml": gtest(a="ok", b="bad")}),
                         (1, ["failed: S.b", "1 passed, 1 failed"]))

    def test_a_program_that_crashed_before_its_report_has_failed(self):
        self.assertEqual(count([("units", "units_test", FAILED), ("x", "x_test", PASSED)]),
                         (1, ["failed: units", "1 passed, 1 failed"]))

    def test_a_program_that_ends_badly_after_good_cases_has_failed(self):
        status, lines = count([("units", "units_test", FAILED)], {"units_test.xml": gtest(a="ok")})
        self.assertEqual((status, lines[-1]), (1, "1 passed, 1 failed"))

    def test_a_program_that_could_not_be_started_has_failed(self):
        self.assertEqual(count([("units", "units_test", NOT_FOUND)]),
                         (1, ["failed: units", "0 passed, 1 failed"]))

    def test_skipped_ones_are_counted_apart(self):
        self.assertEqual(count([("format", "format.sh", SKIPPED), ("units", "units_test", PASSED)],
                               {"units_test.xml": gtest(a="ok", b="skipped", c="disabled")}),
                         (0, ["1 passed, 0 failed, 3 skipped"]))

    def test_two_tests_of_one_program_have_two_reports(self):
        self.assertEqual(count([("a", "s_test", PASSED), ("b", "s_test", FAILED)],
                               {"s_test.xml": gtest(a="ok"), "s_test_1.xml": gtest(b="bad")}),
                         (1, ["failed: S.b", "1 passed, 1 failed"]))

    def test_nothing_run_or_only_skipped_is_a_failure(self):
        self.assertEqual(count([]), (1, ["0 passed, 0 failed"]))
        self.assertEqual(count([("format", "format.sh", SKIPPED)]),
                         (1, ["0 passed, 0 failed, 1 skipped"]))


if __name__ == "__main__":
    unittest.main()
