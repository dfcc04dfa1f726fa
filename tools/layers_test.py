"""Plants each violation that layers.py is for in a small tree and expects exactly that finding."""
import contextlib
import pathlib
import subprocess
import sys
import tempfile
import unittest

import layers

MODULES = "units: \nledger: units\nstock: units\nengine: units ledger stock\nstore: units engine\n"
CLEAN = {
    "units/money.h": "#pragma once\n#include <string>\nstruct Money { long micros = 1'000'000; };\n",
    "ledger/books.h": '#pragma once\n#include "units/money.h"\n',
    "ledger/books.cpp": '#include "ledger/books.h"\nlong n = 1;\n',
    "ledger/books_test.cpp": '#include <fstream>\n#include <random>\nstd::mt19937_64 r(1);\n',
    "stock/pool.h": '#pragma once\n#include "units/money.h"\nlong step_time(int);\n',
    "engine/state.h": '#pragma once\n#include "ledger/books.h"\n#include "stock/pool.h"\n',
    "store/journal.cpp": '#include <sqlite3.h>\n#include <thread>\n#include "engine/state.h"\n',
}


@contextlib.contextmanager
def tree(files, modules):
    """A folder with `files` under src/ and the list of modules in modules.txt."""
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, "src", name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        listed = pathlib.Path(folder, "modules.txt")
        listed.write_text(modules)
        yield pathlib.Path(folder, "src"), listed


def check(files, modules=MODULES):
    """The findings as (file from src, line, sentence)."""
    with tree(files, modules) as (root, listed):
        found = []
        for where, sentence in layers.findings(root, layers.read_modules(listed))[1]:
            path, number = where.rsplit(":", 1)
            found.append((pathlib.Path(path).relative_to(root).as_posix(), int(number), sentence))
        return found


def run(files, modules=MODULES):
    """Exit status and output of the program, as ctest sees them."""
    with tree(files, modules) as (root, listed):
        done = subprocess.run([sys.executable, "-B", layers.__file__, root, listed],
                              capture_output=True, text=True, check=False)
        return done.returncode, (done.stdout + done.stderr).replace(f"{root}/", "src/")


class Layers(unittest.TestCase):
    def only(self, planted, where, line, words, modules=MODULES):
        """The clean tree with `planted` in it has this one finding."""
        found = check({**CLEAN, **planted}, modules)
        self.assertTrue(found, f"not caught: {planted}")
        self.assertEqual([f[:2] for f in found], [(where, line)], found)
        self.assertIn(words, found[0][2])

    def clean(self, planted):
        self.assertEqual(check({**CLEAN, **planted}), [])

    def test_a_clean_tree_passes(self):
        self.clean({})

    def test_an_include_that_climbs(self):
        self.only({"ledger/bad.cpp": '\n#include "engine/state.h"\n'},
                  "ledger/bad.cpp", 2, "ledger may not include engine")

    def test_an_include_that_is_not_declared(self):
        self.only({"ledger/bad.cpp": '#include "stock/pool.h"\n'},
                  "ledger/bad.cpp", 1, "ledger may not include stock: it declares units.")

    def test_an_include_that_climbs_in_angle_brackets_or_in_a_test(self):
        self.only({"ledger/bad.cpp": "#  include <stock/pool.h>\n"}, "ledger/bad.cpp", 1, "stock")
        self.only({"ledger/b_test.cpp": '#include "stock/pool.h"\n'}, "ledger/b_test.cpp", 1, "stock")

    def test_an_include_that_goes_round_the_folders(self):
        for name in ("../stock/pool.h", "ledger/../stock/pool.h", "books.h"):
            self.only({"ledger/bad.cpp": f'#include "{name}"\n'}, "ledger/bad.cpp", 1, "begin with")

    def test_an_include_of_a_module_that_does_not_exist(self):
        self.only({"ledger/bad.cpp": '#include "legder/books.h"\n'},
                  "ledger/bad.cpp", 1, "there is no such module")

    def test_a_dependency_that_is_not_declared_before(self):
        modules = MODULES.replace("ledger: units", "ledger: units stock")
        self.only({}, "ledger/CMakeLists.txt", 1, "not declared before it", modules)

    def test_a_pure_module_that_depends_on_one_with_effects(self):
        modules = "units: \nstore: units\nledger: units store\nstock: units\n" \
                  "engine: units ledger stock\n"
        found = check({k: v for k, v in CLEAN.items() if k != "store/journal.cpp"}, modules)
        self.assertEqual([f[:2] for f in found], [("ledger/CMakeLists.txt", 1)])

    def test_a_folder_without_a_layer(self):
        self.only({"extra/new.cpp": "int i;\n"}, "extra/CMakeLists.txt", 1, "no granary_module()")

    def test_includes_in_a_ring(self):
        self.only({"stock/a.h": '#pragma once\n\n#include "stock/b.h"\n',
                   "stock/b.h": '#include "stock/c.h"\n', "stock/c.h": '#include "stock/a.h"\n'},
                  "stock/a.h", 3, "stock/a.h -> stock/b.h -> stock/c.h -> stock/a.h")
        self.only({"stock/a.h": '#include "stock/a.h"\n'}, "stock/a.h", 1, "ring")

    def test_two_rings_are_two_findings(self):
        found = check({**CLEAN, "stock/a.h": '#include "stock/b.h"\n',
                          "stock/b.h": '#include "stock/a.h"\n',
                          "ledger/c.h": '#include "ledger/d.h"\n',
                          "ledger/d.h": '#include "ledger/c.h"\n'})
        self.assertEqual(sorted(f[0] for f in found), ["ledger/c.h", "stock/a.h"])

    def test_effects_in_a_pure_module(self):
        planted = {
            "the clock": ["auto t = std::chrono::system_clock::now();", "steady_clock c;",
                          "long t = time(nullptr);", "long t = ::time(0);", "std::time(&t);",
                          "#include <ctime>", "clock_gettime(CLOCK_REALTIME, &t);",
                          "auto day = __DATE__;"],
            "a file": ["#include <fstream>", "#include <filesystem>", 'fopen("x", "r");',
                       "std::filesystem::path p;", "std::cout << 1;", 'fmt::print("x");',
                       "#include <fcntl.h>", "FILE* f;"],
            "a socket": ["#include <sys/socket.h>", "int s = socket(2, 1, 0);",
                         "#include <netinet/in.h>"],
            "a thread": ["#include <thread>", "#include <mutex>", "#include <atomic>",
                         "std::jthread t;", "thread_local int i;", "std::atomic<int> i;",
                         "std::atomic_int i;"],
            "the system": ["#include <unistd.h>", "#include <sys/wait.h>", "fork();"],
            "the environment": ['getenv("HOME");', 'std::getenv("HOME");', "char** e = environ;"],
            "randomness": ["#include <random>", "std::random_device d;", "int i = rand();",
                           "int i = std::rand();", "std::mt19937 r;", "randombytes_buf(p, 8);"],
            "hash order": ["#include <unordered_map>", "std::unordered_set<int> s;",
                           "unordered_multimap<int, int> m;", "std::hash<int> h;"],
        }
        for what, lines in planted.items():
            for line in lines:
                with self.subTest(line=line):
                    self.only({"stock/bad.h": f"#pragma once\n{line}\n"}, "stock/bad.h", 2, what)

    def test_a_network_library_in_a_pure_module(self):
        self.only({"stock/bad.cpp": "#include <boost/asio.hpp>\n"}, "stock/bad.cpp", 1, "a socket")

    def test_effects_are_allowed_in_tests_and_in_modules_that_have_them(self):
        text = "#include <thread>\nauto t = std::chrono::system_clock::now();\n"
        self.clean({"stock/a_test.cpp": text, "stock/a_bench.cpp": text, "store/a.cpp": text})

    def test_words_in_comments_and_literals_are_not_effects(self):
        self.clean({"stock/words.cpp": "// std::random_device, time(nullptr)\n"
                                       "/* getenv(\n   <thread> system( */\n"
                                       'const char* a = "system(\\"getenv\\") rand()";\n'
                                       'const char* b = R"x(popen("\n)" time(0))x";\n'
                                       "const char c = '\"'; const char d = '\\'';\n"
                                       "// #include \"engine/state.h\"\n"})

    def test_code_after_a_literal_is_still_read(self):
        for before in ("char c = '\"';", 'auto s = "\\"";', "long n = 1'000'000;", 'auto r = R"(")";',
                       "int n = 0xFF'FF;", "auto u = u8\"'\";", "wchar_t w = L'\"';"):
            with self.subTest(before=before):
                self.only({"stock/bad.cpp": f"{before} getenv(x);\n"}, "stock/bad.cpp", 1, "environ")

    def test_names_that_only_look_like_effects_pass(self):
        self.clean({"stock/names.cpp": "Seconds step_time(int); long u = job.time(0);\n"
                                       "struct Environment; bool operand(int); int brand();\n"
                                       "Instant now(); file_system(1); subsystem(2); strand(3);\n"
                                       "auto t = std::chrono::sys_days(d); snprintf(b, 1, c);\n"})

    def test_a_heavy_header_in_a_header(self):
        for name in ("nlohmann/json.hpp", "toml++/toml.h", "CLI/CLI.hpp", "boost/beast.hpp",
                     "sqlite3.h"):
            with self.subTest(name=name):
                self.only({"store/bad.h": f"\n#include <{name}>\n"}, "store/bad.h", 2, "heavy")
                self.clean({"store/good.cpp": f"#include <{name}>\n"})

    def test_a_shell_anywhere(self):
        for line in ('system("ls");', 'std::system("ls");', 'auto* p = popen("ls", "r");',
                     '::popen ("ls", "r");'):
            with self.subTest(line=line):
                self.only({"store/bad.cpp": line + "\n"}, "store/bad.cpp", 1, "starts a shell")

    def test_the_program_prints_one_line_for_each_finding_and_fails(self):
        status, text = run({**CLEAN, "stock/a.cpp": '#include "ledger/books.h"\nint i = rand();\n'})
        self.assertEqual(status, 1)
        self.assertEqual(text, "src/stock/a.cpp:1: stock may not include ledger: it declares units.\n"
                               "src/stock/a.cpp:2: rand brings randomness into the pure module "
                               "stock.\n")

    def test_the_program_passes_a_clean_tree_and_says_what_it_read(self):
        self.assertEqual(run(CLEAN), (0, "5 modules, 7 files: the layers hold, no include ring.\n"))

    def test_an_empty_list_of_modules_is_no_pass(self):
        status, text = run(CLEAN, "\n")
        self.assertEqual(status, 1)
        self.assertIn("names no module", text)


if __name__ == "__main__":
    unittest.main()
