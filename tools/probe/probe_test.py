#!/usr/bin/env python3
"""The probes run, and what they write is what granary reads: probe_test.py BIN."""
import json
import pathlib
import subprocess
import sys
import tempfile

BIN = pathlib.Path(sys.argv[1])
HERE = pathlib.Path(__file__).parent


def run(*words, cwd, expect):
    done = subprocess.run([str(w) for w in words], cwd=cwd, capture_output=True, text=True, timeout=100)
    if done.returncode != expect:
        sys.exit(f"{words} ended with {done.returncode}, not {expect}:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def has_torch():
    return subprocess.run([sys.executable, "-c", "import torch"], capture_output=True).returncode == 0


def main():
    granary, probe = BIN / "granary", BIN / "granary-probe-cpu"
    with tempfile.TemporaryDirectory() as folder:
        run(probe, "--quick", "--allow-noise", "--repeats", "3", "--out", "cpu.jsonl", cwd=folder,
            expect=0)
        lines = [json.loads(l) for l in (pathlib.Path(folder) / "cpu.jsonl").read_text().splitlines()]
        assert lines[0]["schema"] == "granary.probe/1", lines[0]
        products = [l for l in lines if l.get("kind") == "gemm"]
        assert len({(l["m"], l["n"], l["k"]) for l in products}) >= 24, products
        assert all(l["time_us"] > 0 for l in products), products
        passes = [l for l in lines if l.get("kind") == "activation"]
        # A layer reads and writes 240 bytes for each token and unit of width, forward and backward.
        assert passes and all(l["bytes"] == 240 * l["tokens"] * l["width"] for l in passes), passes
        told = run(granary, "calibrate", "cpu", "--from", "cpu.jsonl", "--allow-noise", cwd=folder,
                   expect=0)
        assert "LEFT OUT" in told, told
        text = (pathlib.Path(folder) / "calibrations" / "cpu.toml").read_text()
        assert 'id = "cpu"' in text and "[gemm.fp32]" in text, text
        (pathlib.Path(folder) / "cpu.jsonl").write_text('{"schema":"granary.probe/2"}\n')
        told = run(granary, "calibrate", "cpu", "--from", "cpu.jsonl", cwd=folder, expect=2)
        assert "G1081" in told and "cpu.jsonl:1" in told, told
        run(probe, "--threads", "0", cwd=folder, expect=2)
        run(probe, "--quick", "--allow-noise", "--out", "/nowhere/at/all", cwd=folder, expect=1)
        if not has_torch():
            print("no PyTorch here: probe.py was not run")
            return
        run(sys.executable, "-B", HERE / "probe.py", "--device", "cpu", "--quick", "--allow-noise",
            "--repeats", "3", "--out", "torch.jsonl", cwd=folder, expect=0)
        run(granary, "calibrate", "cpu", "--from", "torch.jsonl", "--allow-noise", "--dry-run",
            cwd=folder, expect=0)


main()
