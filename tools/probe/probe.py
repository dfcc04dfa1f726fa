#!/usr/bin/env python3
"""Measures what Granary's cost model needs to know of a chip, through PyTorch.

    probe.py --device cuda --out h20.jsonl          about five minutes
    granary calibrate h20 --from h20.jsonl          fits the curves

Matrix products over real shapes, copies and norms, usable memory, attention, a decode and a training
step of a random-weight GPT; with several devices also the all-reduce of 2, 4, 8 ... of them.

Output: JSON lines, the first with schema granary.probe/1 (README.md beside this file). Every kernel is
repeated; the median counts. Repeats whose quartiles lie more than 5 % apart mean a shared or throttled
chip: the kernel is measured again up to three times, then the run is refused (--allow-noise).
"""
import argparse
import datetime
import json
import math
import os
import statistics
import sys
import time

import torch
import torch.nn.functional as functional

SCHEMA = "granary.probe/1"
MOST_SPREAD = 0.05
ATTEMPTS = 3
BACKENDS = {"cuda": "nccl", "npu": "hccl", "musa": "mccl", "xpu": "xccl", "cpu": "gloo"}
MODULES = {"npu": "torch_npu", "musa": "torch_musa"}
KINDS = {"bf16": torch.bfloat16, "fp16": torch.float16, "fp32": torch.float32}
# n, k of layers of 7B, 13B, 34B and 70B models, whole and split over 8.
SHAPES = [(12288, 4096), (4096, 4096), (22016, 4096), (4096, 11008), (10240, 8192), (8192, 28672),
          (1536, 4096), (8192, 1024), (5120, 13824)]
ROWS = [1, 4, 8, 16, 32, 64, 96, 128, 192, 256, 384, 512, 1024, 2048, 4096, 8192]
COLD_BYTES = 512 << 20  # weights are read from memory, not from a cache: rotate over this much


class Noisy(Exception):
    """Repeats of a kernel spread too far."""


class Probe:
    def __init__(self, options, silent=False):
        self.options, self.silent = options, silent
        self.device = torch.device(options.device)
        self.quick = options.quick
        self.lines = []
        kind = options.device.split(":")[0]
        self.module = getattr(torch, kind, None) if kind != "cpu" else None

    def wait(self):
        if self.module is not None:
            self.module.synchronize()

    def empty(self, shape, kind):
        """Small random numbers: zeros would draw less power than real work."""
        return torch.randn(shape, device=self.device, dtype=torch.float32).mul_(0.02).to(kind)

    def add(self, kind, **fields):
        self.lines.append({"kind": kind, **fields})
        if not self.silent:
            shown = ", ".join(f"{k} {v}" for k, v in fields.items() if k != "repeats")
            print(f"{kind}: {shown}", file=sys.stderr, flush=True)

    def once(self, work, calls):
        self.wait()
        begin = time.perf_counter()
        for i in range(calls):
            work(i)
        self.wait()
        return (time.perf_counter() - begin) / calls

    def captured(self, work, calls):
        """The calls as one CUDA graph where there is one: starts by Python would be measured else."""
        if self.device.type != "cuda" or calls > 2000:
            return None
        try:
            side = torch.cuda.Stream()
            side.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(side):
                work(0)
            torch.cuda.current_stream().wait_stream(side)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                for i in range(calls):
                    work(i)
            return graph
        except Exception:  # a kernel that cannot be captured is timed as it is started
            torch.cuda.synchronize()
            return None

    def time(self, work, graphs=True):
        """Median seconds of one call, and the spread of the repeats."""
        work(0)
        single = self.once(work, 1)
        least = 0.002 if self.quick else 0.02
        calls = max(1, min(1000, math.ceil(least / max(single, 1e-7))))
        graph = self.captured(work, calls) if graphs else None
        run = (lambda: self.once(lambda _: graph.replay(), 1) / calls) if graph else (
            lambda: self.once(work, calls))
        run()
        for _ in range(ATTEMPTS):
            times = sorted(run() for _ in range(self.options.repeats))
            middle = statistics.median(times)
            lower, upper = times[len(times) // 4], times[(3 * len(times)) // 4]
            spread = (upper - lower) / middle
            if spread <= MOST_SPREAD:
                break
        return middle, spread

    def measure(self, kind, fields, work, graphs=True):
        seconds, spread = self.time(work, graphs)
        if spread > MOST_SPREAD and not self.options.allow_noise:
            raise Noisy(f"repeats of {kind} {fields} spread by {100 * spread:.0f} %")
        self.add(kind, **fields, time_us=round(seconds * 1e6, 3), spread=round(spread, 4),
                 repeats=self.options.repeats)

    # -- what is measured ------------------------------------------------------------------------

    def precisions(self):
        if self.device.type == "cpu":
            return ["fp32"]
        supported = getattr(self.module, "is_bf16_supported", lambda: True)
        return ["bf16", "fp16"] if supported() else ["fp16"]

    def products(self):
        """(m, n, k): every m at two or three shapes, about forty in all."""
        if self.quick:
            return [(m, n, k) for m in (1, 8, 32, 64, 128) for n, k in ((256, 256), (384, 128),
                                                                       (512, 256))]
        chosen = []
        for i, m in enumerate(ROWS):
            for j in range(3 if 64 <= m <= 512 else 2):
                chosen.append((m, *SHAPES[(i + 3 * j) % len(SHAPES)]))
        return chosen

    def gemm(self, precision):
        kind = KINDS[precision]
        for m, n, k in self.products():
            size = torch.empty((), dtype=kind).element_size()
            copies = 1 if self.quick else max(1, min(64, COLD_BYTES // (n * k * size)))
            left = self.empty((m, k), kind)
            right = [self.empty((k, n), kind) for _ in range(copies)]
            out = torch.empty((m, n), device=self.device, dtype=kind)
            self.measure("gemm", {"precision": precision, "m": m, "n": n, "k": k},
                         lambda i: torch.mm(left, right[i % copies], out=out))
            del left, right, out

    def memory_kernels(self):
        kind = torch.float32 if self.device.type == "cpu" else torch.float16
        sizes = [1 << 16, 1 << 20] if self.quick else [1 << p for p in range(18, 29, 2)]
        for count in sizes:
            a, b = self.empty((count,), kind), self.empty((count,), kind)
            c = torch.empty_like(a)
            size = a.element_size() * count
            self.measure("copy", {"bytes": 2 * size}, lambda i: c.copy_(a))
            self.measure("add", {"bytes": 3 * size}, lambda i: torch.add(a, b, out=c))
            rows = a.view(-1, min(4096, count))
            scale = self.empty((rows.shape[1],), kind)
            self.measure("norm", {"bytes": 2 * size},
                         lambda i: functional.layer_norm(rows, rows.shape[1:], scale))
            del a, b, c, rows, scale

    def usable_memory(self):
        """What a program can allocate, in blocks of 256 MiB and then of 16."""
        if self.module is None:
            return
        self.module.empty_cache()
        blocks, total = [], 0
        for block in (256 << 20, 16 << 20):
            try:
                while True:
                    blocks.append(torch.empty(block, dtype=torch.uint8, device=self.device))
                    total += block
            except RuntimeError:
                pass
        del blocks
        self.module.empty_cache()
        self.add("memory", usable_bytes=total)

    def attend(self, q, k, v, causal):
        if hasattr(functional, "scaled_dot_product_attention"):
            return functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        if causal:
            length = q.shape[-2]
            later = torch.ones(length, length, dtype=torch.bool, device=q.device).triu(1)
            scores = scores.masked_fill(later, float("-inf"))
        return scores.softmax(-1) @ v

    def attention(self, precision):
        heads, width = (4, 32) if self.quick else (32, 128)
        for length in (64, 128) if self.quick else (2048, 8192):
            q, k, v = (self.empty((1, heads, length, width), KINDS[precision]) for _ in range(3))
            self.measure("attention", {"precision": precision, "batch": 1, "heads": heads,
                                       "width": width, "length": length, "causal": True},
                         lambda i: self.attend(q, k, v, True))

    def gpt(self, layers, hidden, heads, precision, training):
        return [Block(self, hidden, heads, KINDS[precision], training) for _ in range(layers)]

    def decode(self, precision):
        layers, hidden, heads, context = (2, 128, 4, 64) if self.quick else (8, 4096, 32, 1024)
        blocks = self.gpt(layers, hidden, heads, precision, False)
        for batch in (1, 32):
            kind = KINDS[precision]
            x = self.empty((batch, 1, hidden), kind)
            cache = [tuple(self.empty((batch, heads, context, hidden // heads), kind)
                           for _ in range(2)) for _ in range(layers)]

            def step(_):
                y = x
                for block, kept in zip(blocks, cache):
                    y = block(y, kept)
                return y

            with torch.no_grad():
                self.measure("decode", {"precision": precision, "layers": layers, "hidden": hidden,
                                        "heads": heads, "ffn": blocks[0].ffn, "batch": batch,
                                        "length": context}, step)

    def train(self, precision):
        sizes = [(2, 64, 2, 2, 32), (2, 128, 4, 2, 32)] if self.quick else [
            (8, 2048, 16, 4, 2048), (4, 4096, 32, 2, 2048)]
        for layers, hidden, heads, batch, length in sizes:
            blocks = self.gpt(layers, hidden, heads, precision, True)
            weights = [w for block in blocks for w in block.weights]
            optimiser = torch.optim.AdamW(weights, lr=1e-5)
            x = self.empty((batch, length, hidden), KINDS[precision])

            def step(_):
                y = x
                for block in blocks:
                    y = block(y, None)
                y.float().square().mean().backward()
                optimiser.step()
                optimiser.zero_grad()

            self.measure("train", {"precision": precision, "layers": layers, "hidden": hidden,
                                   "heads": heads, "ffn": blocks[0].ffn, "batch": batch,
                                   "length": length}, step, graphs=False)
            del blocks, weights, optimiser, x

    def run(self):
        for precision in self.precisions():
            self.gemm(precision)
        self.memory_kernels()
        first = self.precisions()[0]
        self.attention(first)
        self.decode(first)
        self.train(first)
        self.usable_memory()


class Block:
    """One layer of a plain gated decoder with random weights: norms, attention, feed-forward."""

    def __init__(self, probe, hidden, heads, kind, training):
        self.probe, self.heads = probe, heads
        self.ffn = 64 * math.ceil(hidden * 8 / 3 / 64)
        shapes = [(hidden, 3 * hidden), (hidden, hidden), (hidden, 2 * self.ffn), (self.ffn, hidden)]
        self.weights = [probe.empty(shape, kind).requires_grad_(training) for shape in shapes]

    def __call__(self, x, cache):
        qkv, projection, up, down = self.weights
        batch, length, hidden = x.shape
        q, k, v = (functional.layer_norm(x, (hidden,)) @ qkv).view(
            batch, length, 3, self.heads, hidden // self.heads).permute(2, 0, 3, 1, 4)
        if cache is not None:
            kept_k, kept_v = cache
            kept_k[:, :, -1:], kept_v[:, :, -1:] = k, v
            mixed = self.probe.attend(q, kept_k, kept_v, False)
        else:
            mixed = self.probe.attend(q, k, v, True)
        x = x + mixed.transpose(1, 2).reshape(batch, length, hidden) @ projection
        gate, value = (functional.layer_norm(x, (hidden,)) @ up).chunk(2, -1)
        return x + (functional.silu(gate) * value) @ down


def collective_lines(rank, options, group):
    """All-reduce over the group, 1 KiB to 512 MiB."""
    import torch.distributed as distributed
    probe = Probe(options, silent=rank != 0)
    if probe.module is not None:
        probe.module.set_device(rank)
        probe.device = torch.device(options.device.split(":")[0], rank)
    distributed.init_process_group(BACKENDS[probe.device.type], rank=rank, world_size=group)
    kind = torch.float32 if probe.device.type == "cpu" else torch.float16
    largest = 16 if options.quick else 29

    def timed(work):
        work()
        times = []
        for _ in range(options.repeats):
            distributed.barrier()
            probe.wait()
            begin = time.perf_counter()
            calls = 10
            for _ in range(calls):
                work()
            probe.wait()
            took = torch.tensor([(time.perf_counter() - begin) / calls], dtype=torch.float64)
            took = took if probe.device.type == "cpu" else took.float().to(probe.device)
            distributed.all_reduce(took, op=distributed.ReduceOp.MAX)  # the slowest rank counts
            times.append(float(took))
        return statistics.median(times)

    for power in range(10, largest + 1):
        tensor = torch.zeros((1 << power) // torch.empty((), dtype=kind).element_size(), dtype=kind,
                             device=probe.device)
        seconds = timed(lambda: distributed.all_reduce(tensor))
        probe.add("all_reduce", chips=group, bytes=1 << power, time_us=round(seconds * 1e6, 3))
    distributed.destroy_process_group()
    return probe.lines if rank == 0 else []


def collectives_here(options):
    """Groups of 2, 4, 8 ... devices of this machine, each in processes of its own."""
    module = getattr(torch, options.device, None)
    count = module.device_count() if module is not None and options.device != "cpu" else (
        options.processes)
    lines, group = [], 2
    while group <= count:
        context = torch.multiprocessing.get_context("spawn")
        answers = context.SimpleQueue()
        os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT=str(29500 + group))
        workers = [context.Process(target=collective_worker, args=(rank, options, group, answers))
                   for rank in range(group)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        if any(worker.exitcode for worker in workers):
            print(f"probe: collectives over {group} devices failed; left out", file=sys.stderr)
        else:
            lines += answers.get()
        group *= 2
    return lines


def collective_worker(rank, options, group, answers):
    lines = collective_lines(rank, options, group)
    if rank == 0:
        answers.put(lines)


def header(probe):
    name, cores = "CPU", 0
    if probe.module is not None:
        name = probe.module.get_device_name(0)
        properties = getattr(probe.module, "get_device_properties", lambda _: None)(0)
        cores = getattr(properties, "multi_processor_count", 0) or 0
    now = datetime.datetime.now(datetime.timezone.utc)
    return {"schema": SCHEMA, "device": name, "date": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "cores": cores, "software": "torch " + torch.__version__, "quick": probe.quick}


def options_of(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", default="cuda", help="cuda, npu, musa, xpu or cpu")
    parser.add_argument("--out", default="probe.jsonl")
    parser.add_argument("--repeats", type=int, default=9)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: does it run at all?")
    parser.add_argument("--allow-noise", action="store_true")
    parser.add_argument("--processes", type=int, default=1, help="cpu: processes for collectives")
    return parser.parse_args(arguments)


def main(arguments):
    options = options_of(arguments)
    kind = options.device.split(":")[0]
    if kind not in BACKENDS:
        print(f"probe: {kind} is not one of {', '.join(BACKENDS)}", file=sys.stderr)
        return 2
    if kind in MODULES:
        __import__(MODULES[kind])
    module = getattr(torch, kind, None)
    if kind != "cpu" and (module is None or not module.is_available()):
        print(f"probe: PyTorch sees no {kind} device here", file=sys.stderr)
        return 2
    if kind == "cpu":
        torch.set_num_threads(1)
    probe = Probe(options)
    try:
        probe.run()
        lines = probe.lines + collectives_here(options)
    except Noisy as noise:
        print(f"probe: {noise}: a shared or throttled chip; measure on an idle one or say "
              "--allow-noise", file=sys.stderr)
        return 4
    with open(options.out + ".unfinished", "w", encoding="utf-8") as file:
        for line in [header(probe)] + lines:
            file.write(json.dumps(line) + "\n")
    os.replace(options.out + ".unfinished", options.out)
    print(f"probe: wrote {options.out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
