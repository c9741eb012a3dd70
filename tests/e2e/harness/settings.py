"""Gunicorn's options for a setting that a report predicts for."""


def options_of(setting: dict) -> list[str]:
    """For a Prediction of linger.v1, in JSON."""
    options = ["--worker-class", setting["workerClass"], "--workers", str(setting["workers"])]
    return options + (["--threads", str(setting["threads"])] if setting.get("threads", 0) > 1 else [])
