"""The programs of examples/ run the same in every process, whatever the hash seed, in either form."""

from __future__ import annotations

from pathlib import Path

import pytest

from softnet.tools.determinism import main
from tools.determinism import APART

# Its programs run in real time between their calls: repeated by make determinism, not in a crowd.
LEFT_OUT = APART | {"curl_and_python": "real programs: make determinism"}
EXAMPLES = Path(__file__).parent.parent.parent / "examples"
PROGRAMS = [*sorted(EXAMPLES.glob("*.py")), *sorted((EXAMPLES / "programs").glob("*.py"))]


@pytest.mark.slow
@pytest.mark.parametrize("path", PROGRAMS, ids=lambda p: p.name)
def test_an_example_repeats(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if path.stem in LEFT_OUT:
        pytest.skip(LEFT_OUT[path.stem])
    code = main([str(path)], both=True)
    said = capsys.readouterr()
    if "No module named" in said.err:
        pytest.skip(said.err.splitlines()[-1])
    assert code == 0, said.out + said.err
    assert said.out.endswith("the same\n")
