"""Builds the extension module harmonium._native (see harmonium/_build.py)."""
from setuptools import setup

setup(cffi_modules=["harmonium/_build.py:ffi"])
