# SPDX-License-Identifier: Apache-2.0
"""``penstock run-node``."""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext, redirect_stdout
from typing import Any

import click

from penstock import files
from penstock.cli.exit_codes import FAILED, OK, SKIPPED, by_signal
from penstock.cli.pipeline_options import json_option
from penstock.cli.preparation import parsed_params
from penstock.ir.document import from_json
from penstock.runners.single_node import EndedNode, run_single_node
from penstock.runtime.run import NodeResult


@click.command("run-node")
@click.option("--ir", "ir_uri", metavar="URI", required=True, help="The compiled pipeline.")
@click.option("--node", "node_id", metavar="ID", required=True, help="The node to run.")
@click.option("--run-id", metavar="ID", required=True, help="The run that it belongs to.")
@click.option("--param", "params", metavar="NAME=VALUE", multiple=True, help="A runtime parameter.")
@click.option(
    "--item", metavar="ITEM", help="In a loop: the only item to run, such as 2, or 2.1 in two loops."
)
@click.option(
    "--max-workers", type=click.IntRange(min=1), metavar="N", help="In a loop: how many items run at a time."
)
@click.option("--in-process", is_flag=True, help="Run the executor in this process.")
@json_option
def run_node(
    ir_uri: str,
    node_id: str,
    run_id: str,
    params: tuple[str, ...],
    item: str | None,
    max_workers: int | None,
    in_process: bool,
    as_json: bool,
) -> int:
    """Run one node of a compiled pipeline, as a task of another scheduler; in a loop, for each of its items.

    Exit codes: 0 done (or answered by the cache), 99 skipped, 128 + n ended by signal n,
    anything else failed.
    """
    with files.open(ir_uri, "r") as stream:
        ir = from_json(stream.read())
    values = {name: given.value for name, given in parsed_params(params).items()}
    with redirect_stdout(sys.stderr) if as_json else nullcontext():
        ended = run_single_node(
            ir, node_id, run_id, values, in_process=in_process, item=item, max_workers=max_workers
        )
    _tell(ended, as_json=as_json)
    if ended.signal is not None:
        return by_signal(ended.signal)
    if ended.result.state == "skipped":
        return SKIPPED
    return OK if ended.result.has_outputs else FAILED


def _tell(ended: EndedNode, *, as_json: bool) -> None:
    from penstock.ui.errors import reason_block
    from penstock.ui.progress import ended_text

    result = ended.result
    if as_json:
        told = _document(result)
        if result.items:
            told["items"] = [{"item": item.item, **_document(item)} for item in result.items]
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
    else:
        click.echo(f"{result.name}  {result.state}  {ended_text(result)}".rstrip())
    for failure in result.failures:
        block = reason_block(
            failure.name, failure.reason, trace=failure.traceback, log_file=ended.log_file(failure)
        )
        click.echo(block, err=True)


def _document(result: NodeResult) -> dict[str, Any]:
    return {"node_id": result.node_id, "state": result.state, "reason": result.reason, "rows": result.rows,
            "execution_id": result.execution_id, "seconds": result.seconds, "summary": result.summary}  # fmt: skip
