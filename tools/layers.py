"""The test `layers`: fails when src/ does not keep to the layers of docs/ARCHITECTURE.md.

    layers.py SRC MODULES

SRC is the folder of the modules, MODULES a file of lines "name: dependencies" in the order of the
layers, as granary_layer_check() writes it. One finding a line, "file:line: sentence"; exit status 1
when there is one.
"""
import pathlib
import re
import sys
from dataclasses import dataclass

PURE = ("units", "catalog", "cost", "ledger", "stock", "plan", "schedule", "engine",
        "report")
SUFFIXES = {".h", ".hpp", ".hxx", ".ipp", ".inc", ".c", ".cc", ".cpp", ".cxx"}
HEADERS = {".h", ".hpp", ".hxx", ".ipp", ".inc"}
TESTS = ("_test", "_bench")

INCLUDE = re.compile(r'[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]')
HEAVY = re.compile(r"nlohmann/json\.hpp$|toml\+\+|CLI/|boost/|sqlite3\.h$")
SHELL = re.compile(r"(?<![\w.>])(?:std\s*::\s*|::\s*)?\b(system|popen)\s*\(")

# What a pure module may not touch: what it is, the headers that bring it, the names that use it.
# A name is looked for outside comments and literals, so it may be a plain word.
BANNED = [
    ("the clock",
     r"ctime|time\.h|sys/times?\.h",
     r"system_clock|steady_clock|high_resolution_clock|utc_clock|tai_clock|gps_clock|file_clock"
     r"|clock_gettime|gettimeofday|timespec_get|localtime(?:_r)?|gmtime(?:_r)?|mktime"
     r"|std\s*::\s*clock|__DATE__|__TIME__|__TIMESTAMP__"
     r"|std\s*::\s*time\b(?!\s*::)|(?<![\w.>:])(?:::\s*)?time(?=\s*\(\s*(?:nullptr|NULL|0|&))"),
    ("a file",
     r"fstream|filesystem|iostream|fcntl\.h|dirent\.h|glob\.h|ftw\.h|sys/(?:file|mman|stat|uio)\.h",
     r"[io]?fstream|std\s*::\s*filesystem|(?:f|fd|freo)open|FILE\s*\*|std\s*::\s*(?:cin|cout|cerr"
     r"|clog|puts|putchar|rename)|f?printf|fputs|fwrite|fread|fmt\s*::\s*print"
     r"|mkstemp|(?<![\w:])::\s*open\b"),
    ("a socket",
     r"netdb\.h|poll\.h|ifaddrs\.h|(?:net|netinet|arpa)/.*|sys/(?:socket|un|epoll|poll|select)\.h"
     r"|boost/(?:asio|beast).*",
     r"(?<![.>])socket(?=\s*\()|getaddrinfo|gethostname"),
    ("a thread",
     r"thread|mutex|shared_mutex|atomic|condition_variable|future|semaphore|barrier|latch"
     r"|stop_token|pthread\.h|sched\.h|threads\.h",
     r"std\s*::\s*(?:thread|jthread|async|mutex|shared_mutex|recursive_mutex|atomic\w*"
     r"|condition_variable\w*|future|promise|this_thread|call_once)|pthread_\w+|thread_local"),
    ("the system",
     r"unistd\.h|signal\.h|csignal|dlfcn\.h|pwd\.h|spawn\.h|sys/.*|linux/.*",
     r"(?<![\w.>])(?:fork|execvp?e?|kill|getpid)(?=\s*\()"),
    ("the environment",
     r"",
     r"(?:secure_)?getenv|setenv|putenv|environ"),
    ("randomness",
     r"random|sys/random\.h|sodium/randombytes\.h",
     r"random_device|mt19937(?:_64)?|default_random_engine|randombytes\w*|getrandom|arc4random\w*"
     r"|(?<![.>])\b(?:s?rand|rand_r|s?random|[delmn]rand48)(?=\s*\()"),
    ("hash order",
     r"unordered_(?:map|set)|ext/.*",
     r"(?:std\s*::\s*)?unordered_(?:multi)?(?:map|set)|std\s*::\s*hash"),
]
BANNED = [(what, re.compile(rf"(?:{headers})$") if headers else None,
           re.compile(rf"(?<!\w)(?:{names})(?!\w)")) for what, headers, names in BANNED]

# A comment, a raw string, a string or a character, whichever begins first. The look-behind keeps
# the separators of 1'000'000 from opening a character.
TOKEN = re.compile(
    r'//(?:\\\n|[^\n])*'
    r'|/\*.*?(?:\*/|\Z)'
    r'|R"(?P<mark>[^()\\\s"]{0,16})\(.*?(?:\)(?P=mark)"|\Z)'
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'|(?<=\b[uUL])'(?:\\.|[^'\\\n])+'", re.S)


@dataclass(frozen=True)
class Include:
    line: int
    name: str
    quoted: bool


@dataclass
class Source:
    path: pathlib.Path
    name: str  # from SRC, with slashes: "ledger/books.h"
    code: list[str]  # lines without comments and literals
    includes: list[Include]

    @property
    def module(self):
        return self.name.split("/")[0]

    @property
    def is_test(self):
        return self.path.stem.endswith(TESTS) or self.path.stem.startswith("test_")


def blank(text):
    """The text without its characters; its lines stay where they are."""
    return re.sub(r"[^\n]", " ", text)


def read(path, name):
    text = path.read_text(encoding="utf-8", errors="replace")
    without_comments = TOKEN.sub(
        lambda m: blank(m[0]) if m[0].startswith(("//", "/*")) or "\n" in m[0] else m[0], text)
    code = TOKEN.sub(lambda m: blank(m[0]), text)
    includes = []
    for number, line in enumerate(without_comments.split("\n"), 1):
        if hit := INCLUDE.match(line):
            includes.append(Include(number, hit[2], hit[1] == '"'))
    return Source(path, name, code.split("\n"), includes)


def read_tree(root):
    files = sorted(p for p in root.rglob("*") if p.suffix in SUFFIXES and p.is_file())
    return {s.name: s for s in (read(p, p.relative_to(root).as_posix()) for p in files)}


def read_modules(path):
    modules = {}
    for line in path.read_text().splitlines():
        name, colon, deps = line.partition(":")
        if colon:
            modules[name.strip()] = deps.split()
    return modules


def check_modules(root, modules, sources):
    names = list(modules)
    for at, (name, deps) in enumerate(modules.items()):
        where = f"{root / name / 'CMakeLists.txt'}:1"
        for dep in deps:
            if dep not in names[:at]:
                yield where, f"{name} depends on {dep}, which is not declared before it."
            elif name in PURE and dep not in PURE:
                yield where, f"{name} is a pure module and depends on {dep}, which is not."
    for module in sorted({s.module for s in sources.values() if "/" in s.name} - modules.keys()):
        yield (f"{root / module / 'CMakeLists.txt'}:1",
               f"{module} has sources and no granary_module() line, so nothing says its layer.")


def check_includes(root, modules, sources):
    folders = {p.name for p in root.iterdir() if p.is_dir()} if root.is_dir() else set()
    for source in sources.values():
        for include in source.includes:
            where = f"{source.path}:{include.line}"
            target = include.name.split("/")[0]
            if include.quoted and (".." in include.name.split("/") or "/" not in include.name):
                yield where, f'"{include.name}" does not begin with the folder of its module.'
            elif include.quoted and target not in folders:
                yield where, f'"{include.name}" names {target}, and there is no such module.'
            elif target in folders and target != source.module and "/" in include.name:
                deps = modules.get(source.module)
                if deps is not None and target not in deps:
                    yield where, (f"{source.module} may not include {target}: "
                                  f"it declares {', '.join(deps) or 'nothing'}.")
            heavy = source.path.suffix in HEADERS and HEAVY.search(include.name)
            if heavy and not source.is_test:
                yield where, f"<{include.name}> is heavy: include it in .cpp files only."


def check_purity(sources):
    for source in sources.values():
        if source.module not in PURE or source.is_test:
            continue
        for include in source.includes:
            if include.quoted and include.name in sources:
                continue
            for what, headers, _ in BANNED:
                if headers and headers.match(include.name):
                    yield (f"{source.path}:{include.line}",
                           f"<{include.name}> brings {what} into the pure module {source.module}.")
                    break
        for number, line in enumerate(source.code, 1):
            if line.lstrip().startswith("#") and "include" in line:
                continue
            for what, _, names in BANNED:
                if hit := names.search(line):
                    yield (f"{source.path}:{number}",
                           f"{hit[0].strip()} brings {what} into the pure module {source.module}.")


def check_shell(sources):
    for source in sources.values():
        for number, line in enumerate(source.code, 1):
            if hit := SHELL.search(line):
                yield (f"{source.path}:{number}",
                       f"{hit[1]}() starts a shell: launch programs by argument lists.")


def check_cycles(sources):
    """One finding for each group of files that include each other in a ring."""
    edges = {name: [(i.name, i.line) for i in source.includes if i.name in sources]
             for name, source in sources.items()}
    for ring in rings({name: [to for to, _ in out] for name, out in edges.items()}):
        line = next(line for to, line in edges[ring[0]] if to == ring[1 % len(ring)])
        yield (f"{sources[ring[0]].path}:{line}",
               f"the includes form a ring: {' -> '.join(ring + ring[:1])}.")


def rings(graph):
    """A shortest ring through the first file of every knot (strongly connected part)."""
    done = set()
    for start in sorted(graph):
        ring = shortest_ring(graph, start)
        if ring and not done.intersection(ring):
            yield ring
        done.update(ring)


def shortest_ring(graph, start):
    paths, queue = {start: [start]}, [start]
    for here in queue:
        for there in graph[here]:
            if there == start:
                return paths[here]
            if there not in paths:
                paths[there] = paths[here] + [there]
                queue.append(there)
    return []


def findings(root, modules):
    sources = read_tree(root)
    found = [*check_modules(root, modules, sources), *check_includes(root, modules, sources),
             *check_purity(sources), *check_shell(sources), *check_cycles(sources)]
    return sources, found


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: layers.py SRC MODULES")
    root, modules = pathlib.Path(sys.argv[1]), read_modules(pathlib.Path(sys.argv[2]))
    if not modules:
        sys.exit(f"{sys.argv[2]} names no module, so no layer could be checked.")
    sources, found = findings(root, modules)
    for where, sentence in found:
        print(f"{where}: {sentence}")
    if found:
        sys.exit(1)
    print(f"{len(modules)} modules, {len(sources)} files: the layers hold, no include ring.")


if __name__ == "__main__":
    main()
