"""A pack with one claim: poll polls every fd, whichever is ready."""

from analysis.experiments.experiment import Experiment, ready
from analysis.verdicts.engine import Evidence, claim, refuted, supported
from analysis.verdicts.pick import calls_of, every, phases_of

SEVEN = Experiment("seven-fds", (ready("poll", 7, "first", 5),), "calls")


@claim(
    id="poll-polls-all", section="my course, lecture 4", experiment=SEVEN,
    statement="poll polls every fd, even if the first one is ready.",
    needs=("fd_polls:poll", "truth"),
)  # fmt: skip
def poll_polls_all(trace):
    """Fds polled per call against fds handed over."""
    calls = calls_of(trace, phases_of(trace, "poll"), "poll")
    evidence = [Evidence("fds polled per call, least", int(calls["fd_polls"].min()), "fds")]
    finding = f"{len(calls)} calls on 7 fds polled {calls['fd_polls'].min()} or more of them"
    return (supported if every(calls["fd_polls"] == 7) else refuted)(finding, evidence)


CLAIMS = (poll_polls_all,)
