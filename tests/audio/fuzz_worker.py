"""Decodes the files named on standard input and says of each what came of it; a process of its own, so that a crash
of a library is seen."""

from __future__ import annotations

import sys
import warnings

from stemstudio.audio.decode import Decoder
from stemstudio.core.errors import UserError

warnings.simplefilter("error")
for line in sys.stdin:
    path = line.rstrip("\n")
    try:
        with Decoder(path) as decoder:
            frames = sum(block.shape[1] for block in decoder)
        result = f"decoded {frames}"
    except UserError as error:
        result = "refused" if error.todo and "\n" not in str(error) else f"unhelpful: {error!r}"
    except BaseException as error:  # noqa: BLE001 - what escapes is what is looked for
        result = f"escaped: {error!r}"
    print(result, flush=True)  # noqa: T201 - the answer to the test
