"""The comparison of campaigns/kill, on journals in which a command was lost or done twice."""
import unittest

from acknowledged import compare

VOUCHER = ("/v1/vouchers", {"to": "lab"}, 200, "v-1")
JOB = ("/v1/jobs", {}, 200, "j-1")
PAYMENT = ("/v1/payments", {}, 200, "p")
REFUSED = ("/v1/vouchers", {}, 409, "G4006")
ACKNOWLEDGED = {"a": VOUCHER, "b": JOB, "c": PAYMENT, "d": REFUSED}
JOURNAL = [(2, "a", "v-1", None), (3, "b", "j-1", None), (5, "c", "", None), (6, "d", None, "G4006")]


class Acknowledged(unittest.TestCase):
    def test_a_journal_with_every_command_once_is_good(self):
        self.assertEqual(compare(ACKNOWLEDGED, JOURNAL), ([], []))

    def test_what_was_never_acknowledged_may_be_there_once(self):
        self.assertEqual(compare(ACKNOWLEDGED, JOURNAL + [(7, "e", "j-2", None)]), ([], []))

    def test_who_cancels_a_job_does_not_make_it(self):
        cancel = ("/v1/jobs/j-1/cancel", {}, 200, "j-1")
        self.assertEqual(compare({**ACKNOWLEDGED, "e": cancel}, JOURNAL + [(7, "e", "j-1", None)]), ([], []))

    def test_a_lost_command_is_named(self):
        lost, doubled = compare(ACKNOWLEDGED, JOURNAL[:1] + JOURNAL[2:])
        self.assertEqual(lost, ["key b: acknowledged with 200 j-1, and no entry answers it"])
        self.assertEqual(doubled, [])

    def test_a_lost_refusal_is_named(self):
        lost, _ = compare(ACKNOWLEDGED, JOURNAL[:3])
        self.assertEqual(lost, ["key d: acknowledged with 409 G4006, and no entry answers it"])

    def test_a_command_that_was_answered_otherwise_is_named(self):
        lost, _ = compare(ACKNOWLEDGED, JOURNAL[:3] + [(6, "d", "v-2", None)])
        self.assertEqual(lost, ["key d: acknowledged with 409 G4006, and entry 6 says v-2"])
        lost, _ = compare(ACKNOWLEDGED, [(2, "a", "v-9", None)] + JOURNAL[1:])
        self.assertEqual(lost, ["key a: acknowledged with 200 v-1, and entry 2 says v-9"])

    def test_a_command_that_was_done_twice_is_named(self):
        lost, doubled = compare(ACKNOWLEDGED, JOURNAL + [(7, "c", "", None)])
        self.assertEqual(lost, [])
        self.assertEqual(doubled, ["key c is answered by entry 5 and by entry 7"])

    def test_one_thing_made_by_two_keys_is_named(self):
        _, doubled = compare({**ACKNOWLEDGED, "e": JOB}, JOURNAL + [(7, "e", "j-1", None)])
        self.assertEqual(doubled, ["j-1 was made by b and by e"])


if __name__ == "__main__":
    unittest.main()
