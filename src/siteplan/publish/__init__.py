"""Publish: a run's result files, written into a folder that is replaced as a whole or not at all."""

from siteplan.publish.explanations import (
    EXPLANATIONS_FILE,
    Cause,
    CauseShare,
    Explanations,
    LevelGain,
    MissedTarget,
    Remedy,
    StoredExplanations,
    WhiteSpot,
    WhiteSpotFunction,
    WhiteSpots,
    Words,
    read_explanations,
    store_explanations,
)
from siteplan.publish.folder import ResultFolder, mend_interrupted_swap, result_folder
from siteplan.publish.plan_file import read_plan
from siteplan.publish.publication import (
    OUTPUTS,
    READABLES,
    Output,
    Pace,
    Run,
    publish,
    publishing_seconds,
    readable_seconds,
)
from siteplan.publish.run_record import RunRecord, check_inputs, read_run_record, record_inputs

__all__ = [
    "EXPLANATIONS_FILE",
    "OUTPUTS",
    "READABLES",
    "Cause",
    "CauseShare",
    "Explanations",
    "LevelGain",
    "MissedTarget",
    "Output",
    "Pace",
    "Remedy",
    "ResultFolder",
    "Run",
    "RunRecord",
    "StoredExplanations",
    "WhiteSpot",
    "WhiteSpotFunction",
    "WhiteSpots",
    "Words",
    "check_inputs",
    "mend_interrupted_swap",
    "publish",
    "publishing_seconds",
    "read_explanations",
    "read_plan",
    "read_run_record",
    "readable_seconds",
    "record_inputs",
    "result_folder",
    "store_explanations",
]
