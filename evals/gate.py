"""The gate: bars out of a TOML file against a run's summary.

[at_least.all]            a group: "all" or a type of case
verbatim_rate = 1.0       a measure of the summary
[at_least.timeline]
statement_recall = 0.8
[at_most.all]
words = 250
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from corpus.errors import OnRecordError
from evals.cases import explained
from evals.record import RunRecord
from evals.scoring import table

Limits = Mapping[str, Mapping[str, float]]


class Bars(BaseModel):
    """Limits by group and measure."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at_least: Limits = {}
    at_most: Limits = {}


def read_bars(path: Path) -> Bars:
    """Read a bars file.

    Raises:
        OnRecordError: it cannot be read, or sets no bar.
    """
    try:
        bars = Bars.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise OnRecordError(f"{path}: cannot be read: {error.strerror}") from error
    except ValidationError as error:
        raise OnRecordError(f"{path}: {'; '.join(explained(error))}") from error
    except ValueError as error:
        raise OnRecordError(f"{path}: not TOML: {error}") from error
    if not any((*bars.at_least.values(), *bars.at_most.values())):
        raise OnRecordError(f"{path}: it sets no bar")
    return bars


def fallen(record: RunRecord, bars: Bars) -> list[str]:
    """Each bar that a run does not hold, in one line; a measure or a group that the run does not have falls, too."""
    groups = table(record.cases)
    problems = []
    for limits, fails, wanted in (
        (bars.at_least, float.__lt__, "at least"),
        (bars.at_most, float.__gt__, "at most"),
    ):
        for group, by_measure in limits.items():
            for measure, limit in by_measure.items():
                value = groups[group].values.get(measure) if group in groups else None
                if value is None:
                    problems.append(f"{group}: {measure} has no score in this run (wanted {wanted} {limit:g})")
                elif fails(float(value), float(limit)):
                    problems.append(f"{group}: {measure} is {value:.4g}, wanted {wanted} {limit:g}")
    return problems
