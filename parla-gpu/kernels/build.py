#!/usr/bin/env python3
"""Builds PTX from CUDA C++, for the kernels of this folder and for your own.

    python3 build.py --nvrtc LIBRARY kernels/*.cu

Writes the .ptx beside each .cu, with a line that names the hash of the .cu, by which `kernels!` sees
whether the two belong together. Needs NVRTC and no GPU: `libnvrtc.so.12` is in the wheel
nvidia-cuda-nvrtc-cu12, version 12.9.86 for the files of this folder. Its path may also be given as
NVRTC, in the environment. A .cu holds all of its code, since the hash is of nothing else: no `#include "..."`.

The result is for compute capability 5.2 and says that it needs no more than PTX 6.0, so that every
driver since CUDA 9 takes it. Code that needs more is built with --arch and --ptx; so is all code with
NVRTC 13, which begins at compute_75. What else NVRTC can do is asked for with --option: fast
mathematics (--option=--use_fast_math), or the headers of a toolkit, such as <cuda_fp16.h>
(--option=-I/usr/local/cuda/include).
"""

import argparse
import ctypes
import hashlib
import os
import pathlib
import re
import sys


class Nvrtc:
    """NVRTC, loaded from a path."""

    def __init__(self, path):
        # It looks for this one only where the system does.
        for builtins in pathlib.Path(path).parent.glob("libnvrtc-builtins.so*"):
            ctypes.CDLL(str(builtins))
        self.library = ctypes.CDLL(path)
        self.library.nvrtcGetErrorString.restype = ctypes.c_char_p

    def call(self, name, *arguments):
        code = getattr(self.library, name)(*arguments)
        if code != 0:
            message = self.library.nvrtcGetErrorString(code).decode()
            raise RuntimeError(f"{name}: {message}")

    def text(self, program, what):
        """The log or the PTX of a program."""
        size = ctypes.c_size_t()
        self.call(f"nvrtcGet{what}Size", program, ctypes.byref(size))
        text = ctypes.create_string_buffer(size.value)
        self.call(f"nvrtcGet{what}", program, text)
        return text.value.decode()

    def compile(self, source, name, options):
        """The PTX of a source, which goes by this name in messages."""
        program = ctypes.c_void_p()
        self.call("nvrtcCreateProgram", ctypes.byref(program), source, name.encode(), 0, None, None)
        try:
            array = (ctypes.c_char_p * len(options))(*map(str.encode, options))
            try:
                self.call("nvrtcCompileProgram", program, len(options), array)
            finally:
                log = self.text(program, "ProgramLog").strip()
                if log:
                    print(log, file=sys.stderr)
            return self.text(program, "PTX")
        finally:
            self.library.nvrtcDestroyProgram(ctypes.byref(program))


def source_hash(source):
    """The hash that `kernels!` computes: ends of lines don't count."""
    return hashlib.sha256(source.replace(b"\r\n", b"\n")).hexdigest()


def with_header(ptx, version, digest):
    """The PTX with the line that names its source, for the version that it needs."""
    header = re.search(r"^\.version +\d+\.\d+$", ptx, re.MULTILINE)
    if not header:
        raise RuntimeError("the PTX has no `.version`")
    return f"// source: sha256:{digest}\n{ptx[:header.start()]}.version {version}{ptx[header.end():]}"


def main():
    description, _, rest = __doc__.partition("\n")
    parser = argparse.ArgumentParser(
        description=description, epilog=rest, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sources", nargs="+", type=pathlib.Path, metavar="FILE.cu")
    parser.add_argument("--nvrtc", default=os.environ.get("NVRTC"), metavar="LIBRARY")
    parser.add_argument("--arch", default="compute_52", help="architecture (%(default)s)")
    parser.add_argument("--ptx", default="6.0", help="version of PTX (%(default)s)")
    parser.add_argument(
        "--option", action="append", default=[], metavar="OPTION", help="one more for NVRTC"
    )
    options = parser.parse_args()
    if not options.nvrtc:
        parser.error("give the path of libnvrtc.so with --nvrtc, or as NVRTC")
    try:
        nvrtc = Nvrtc(options.nvrtc)
        for path in options.sources:
            source = path.read_bytes()
            arch = f"--gpu-architecture={options.arch}"
            ptx = nvrtc.compile(source, path.name, [arch, *options.option])
            ptx = with_header(ptx, options.ptx, source_hash(source))
            path.with_suffix(".ptx").write_text(ptx, newline="\n")
            print(path.with_suffix(".ptx"))
    except (OSError, RuntimeError) as error:
        sys.exit(f"build.py: {error}")


if __name__ == "__main__":
    main()
