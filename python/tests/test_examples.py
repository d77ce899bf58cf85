"""The examples run, and say what they are about."""
import re
import subprocess
import sys

import pytest

import harmonium
from conftest import SOURCE

EXAMPLES = {path.stem: path for path in sorted((SOURCE / "python" / "examples").glob("*.py"))}


def said(name, folder):
    return subprocess.run([sys.executable, EXAMPLES[name]], check=True, cwd=folder, text=True, stdout=subprocess.PIPE, timeout=300).stdout


@pytest.mark.parametrize("name", EXAMPLES)
def test_cells(name):
    text = EXAMPLES[name].read_text()
    assert text.startswith("# %% [markdown]\n# # ") and re.search(r"^# %%$", text, re.MULTILINE)


def test_features(tmp_path):
    low, high = map(float, re.search(r"from (-[\d.]+) to (-[\d.]+)", said("features", tmp_path)).groups())
    assert low < high < -50 and (tmp_path / "features.png").stat().st_size > 1000


def test_dreams(tmp_path):
    shares = [int(share) for share in re.findall(r"(\d+)% are taken", said("dreams", tmp_path))]
    assert len(shares) == 5 and sum(shares) / 5 > 70 and (tmp_path / "dreams.png").exists()  # by chance 20


def test_fill_in(tmp_path):
    found = re.findall(r"(\w+): squared error of a hidden pixel ([\d.]+)", said("fill_in", tmp_path))
    error = {name: float(value) for name, value in found}
    assert max(error["DBN"], error["ConvDBN"]) < error["mean"] and (tmp_path / "fill_in.png").exists()


def test_pipeline(tmp_path):
    pytest.importorskip("sklearn")
    assert min(float(share) for share in re.findall(r"([\d.]+)%", said("pipeline", tmp_path))) > 75


def test_explaining_away(tmp_path):
    before, jumped, shaken = map(float, re.findall(r"P\(truck\) = ([\d.]+)", said("explaining_away", tmp_path)))
    assert max(before, shaken) < 0.001 and jumped > 0.4


# ---- What they use

def test_data():
    data = harmonium.load_data("digits", classes="1,7", subset=40, resize="14x14")
    assert data.X.shape == (40, 196) and data.image_shape == (14, 14) and sorted(set(data.y)) == [1, 7]
    with pytest.raises(FileNotFoundError, match="nothing-of-that-name"):
        harmonium.load_data("nothing-of-that-name")
    with pytest.raises(ValueError, match="sub_set"):
        harmonium.load_data("digits", sub_set=3)


def test_pictures(tmp_path, bits):
    harmonium.save_pictures(tmp_path / "colour.png", bits.reshape(64, 3, 2, 1), title="colours")
    harmonium.save_pictures(tmp_path / "bands.png", {"a": bits[:5], "b": bits[5:10]}, (2, 3))
    assert all((tmp_path / name).read_bytes().startswith(b"\x89PNG") for name in ("colour.png", "bands.png"))
    with pytest.raises(ValueError, match="image_shape"):
        harmonium.save_pictures(tmp_path / "wrong.png", bits, (2, 2))
    with pytest.raises(ValueError, match="image_shape must be"):
        harmonium.save_pictures(tmp_path / "wrong.png", bits)
