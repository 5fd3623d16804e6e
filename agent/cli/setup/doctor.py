"""`vidscout doctor`: what is installed, which profile would be used and why, and what mends what is missing."""

from typing import Annotated

import typer

from ..common import common_options, print_json


def doctor(
    context: typer.Context, json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False
) -> None:
    """Check this machine, and say how to mend what is missing."""
    from ...profiles.doctor import examine

    options = common_options(context)
    checks = examine(options.home, options.profile)
    if json:
        from dataclasses import asdict

        print_json({"ok": all(check.ok for check in checks if check.needed), "checks": [asdict(c) for c in checks]})
    else:
        for check in checks:
            mark = "ok  " if check.ok else "MISS" if check.needed else "--  "
            print(f"{mark} {check.what:<28} {check.found}")
            if not check.ok and check.mend:
                print(f"     mend: {check.mend}")
    if not all(check.ok for check in checks if check.needed):
        raise typer.Exit(4)
