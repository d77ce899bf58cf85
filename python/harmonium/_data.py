"""Data sets that the library knows or reads, and pictures that it draws."""
from __future__ import annotations

import os
from typing import Any, Dict, NamedTuple, Optional, Tuple, Union

import numpy as np

from . import _core as core
from ._core import call, ffi, lib, matrix


class Data(NamedTuple):
    """Cases after all transforms."""

    X: np.ndarray  # (n, n_features) float32
    y: Optional[np.ndarray]  # (n,) int32, -1 where a label is not known; None of a set without labels
    image_shape: Optional[Tuple[int, ...]]  # (height, width) or (channels, height, width); None of cases that are no pictures


def load_data(name: Any = "digits", **options: Any) -> Data:
    """A named set or a file as `harmonium train --data` takes it.

    Parameters
    ----------
    name : str or path
        "digits" comes with the library; `harmonium data` lists the others. Files: IDX, NPY, CSV, also gzipped, PNG, JPEG, or folders.
    **options
        Those of `harmonium data`: part="test", classes="0-2", subset=500, resize="16x16", binarise="threshold", and so on.

    Raises
    ------
    ValueError
        No such set, which is a FileNotFoundError too, or no such option, or a damaged file.
    """
    config = core.configure(lib.hm_data_options, "hm_data_config", dict(options, data=os.fspath(name)))
    out = ffi.new("hm_dataset **")
    context, _ = core.make_in_context(0, 1, lambda context: call(lib.hm_dataset_open, context, config, out, ffi.NULL))
    try:
        return _read(out[0])
    finally:
        core.release(context, lib.hm_dataset_close, out[0])


def _read(c: Any) -> Data:
    n = lib.hm_dataset_n_cases(c)
    X = np.empty((n, lib.hm_dataset_n_features(c)), dtype=np.float32)
    call(lib.hm_dataset_read, c, ffi.NULL, 0, n, 0, matrix(X))
    y = np.array([lib.hm_dataset_label(c, i) for i in range(n)], dtype=np.int32) if lib.hm_dataset_n_classes(c) else None
    shape = (lib.hm_dataset_channels(c), lib.hm_dataset_height(c), lib.hm_dataset_width(c))
    return Data(X, y, None if not shape[1] else shape[1:] if shape[0] == 1 else shape)


def save_pictures(path: Any, pictures: Union[np.ndarray, Dict[str, np.ndarray]], image_shape: Optional[Tuple[int, ...]] = None,
                  columns: int = 0, signed: bool = False, title: Optional[str] = None) -> None:
    """Little pictures side by side, as a PNG.

    Parameters
    ----------
    pictures : array_like, or dict of array_like of one length
        (n, n_features), (n, height, width) or (n, channels, height, width), from 0, black, to 1, white; or several under one another by
        their names.
    image_shape : (height, width) or (channels, height, width)
        Of flat pictures.
    columns : int
        Pictures in a row; 0: as square as it goes. Not of a dict.
    signed : bool
        0 is mid-grey and each picture has its own scale: weights.

    Raises
    ------
    ValueError
        The pictures do not have the shape.
    """
    bands = pictures if isinstance(pictures, dict) else {"": pictures}
    shape = tuple(image_shape or np.shape(next(iter(bands.values())))[1:])
    if len(shape) not in (2, 3):
        raise ValueError(f"image_shape must be (height, width) or (channels, height, width), but is {image_shape}")
    channels, height, width = ((1,) + shape)[-3:]
    n, what = channels * height * width, f"image_shape = {shape}"
    values = [core.check_cases(core.as_float32(band).reshape(len(band), -1), n, "pictures", what) for band in bands.values()]
    head = ffi.new("char[]", title.encode()) if title else ffi.NULL
    grid = ffi.new("hm_grid *", {"n_cols": columns, "signed_values": signed, "n_channels": channels, "title": head})
    image, names = ffi.new("hm_image **"), [ffi.new("char[]", name.encode()) for name in bands]

    def draw(context: Any) -> None:
        if isinstance(pictures, dict):
            call(lib.hm_image_bands, context, [matrix(band) for band in values], names, len(values), height, width, grid, image)
        else:
            call(lib.hm_image_grid, context, matrix(values[0]), height, width, grid, image)

    context, _ = core.make_in_context(0, 1, draw)
    try:
        call(lib.hm_image_save_png, image[0], os.fsencode(path))
    finally:
        core.release(context, lib.hm_image_destroy, image[0])
