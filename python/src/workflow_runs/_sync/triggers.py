# Made of _async by `npm run client:types`. Do not edit.
"""The methods of the client for triggers: what triggers runs of a workflow by itself."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime

from .._values import given, instant
from ..types import Backfill, Firing, NewTrigger, Occurrences, Trigger, TriggerContent, TriggerWithSecret
from .base import Calls, to_path


class TriggerMethods(Calls):
    def create_trigger(self, workflow_id: str, trigger: NewTrigger) -> TriggerWithSecret:
        """Creates a trigger of a workflow, which fires with your rights.

        The answer has the secret of a webhook, once.
        """
        return self._call(TriggerWithSecret, "POST", _of_workflow(workflow_id), json=trigger)

    def triggers(self, workflow_id: str) -> Generator[Trigger, None, None]:
        """The triggers of a workflow, newest first."""
        return self._by_offset(Trigger, _of_workflow(workflow_id))

    def trigger(self, trigger_id: str) -> Trigger:
        """A trigger, and when it fires next."""
        return self._call(Trigger, "GET", _path(trigger_id))

    def replace_trigger(self, trigger_id: str, trigger: TriggerContent) -> Trigger:
        """Replaces a trigger: what is left out gets its default. From then on it fires with your rights."""
        return self._call(Trigger, "PUT", _path(trigger_id), json=trigger)

    def pause_trigger(self, trigger_id: str, *, note: str | None = None) -> Trigger:
        """Pauses a trigger. The note tells others why."""
        return self._call(Trigger, "POST", _path(trigger_id, "pause"), json=given({"note": note}))

    def resume_trigger(self, trigger_id: str, *, catch_up: bool = False) -> Trigger:
        """Resumes a trigger, which then fires with your rights.

        With `catch_up`, the last instant of the pause fires late.
        """
        return self._call(Trigger, "POST", _path(trigger_id, "resume"), json={"catch_up": catch_up})

    def fire_trigger(self, trigger_id: str) -> Firing:
        """Fires a trigger now. The outcome of the firing says whether it has triggered a run."""
        return self._call(Firing, "POST", _path(trigger_id, "fire"))

    def rotate_trigger_secret(self, trigger_id: str, *, secret: str | None = None) -> TriggerWithSecret:
        """Gives a trigger that receives webhooks a new secret: yours, or one that the service makes.

        The answer has it, once. The old one is taken for 24 hours, or until the next rotation. So when the answer
        was lost, do not repeat it before `old_secret_until` of the trigger has shown that nothing was rotated.
        """
        return self._call(
            TriggerWithSecret, "POST", _path(trigger_id, "rotate-secret"), json=given({"secret": secret})
        )

    def delete_trigger(self, trigger_id: str) -> None:
        """Deletes a trigger and its firings. The runs that it has triggered stay."""
        self._connection.request("DELETE", _path(trigger_id))

    def firings(self, trigger_id: str) -> Generator[Firing, None, None]:
        """What became of each occasion on which a trigger could have fired, newest first."""
        return self._by_cursor(Firing, _path(trigger_id, "firings"), {})

    def occurrences(
        self,
        trigger_id: str,
        *,
        start: str | datetime | None = None,
        end: str | datetime | None = None,
        limit: int | None = None,
    ) -> Occurrences:
        """The instants of a trigger's schedule from `start`, or from now on, and before `end`: the first 100, or `limit`."""
        params = {"from": start, "to": end, "limit": limit}
        return self._call(Occurrences, "GET", _path(trigger_id, "occurrences"), params=params)

    def backfill(
        self, trigger_id: str, start: str | datetime, end: str | datetime, *, dry_run: bool = False
    ) -> Backfill:
        """Fires a trigger for the instants of the past that have not fired, at most 500.

        With `dry_run` it only says which.
        """
        body = {"from": instant(start), "to": instant(end), "dry_run": dry_run}
        return self._call(Backfill, "POST", _path(trigger_id, "backfill"), json=body)


def _of_workflow(workflow_id: str) -> str:
    return f"/v1/workflow-definitions/{to_path(workflow_id)}/triggers"


def _path(trigger_id: str, *rest: str) -> str:
    return "/".join(["/v1/triggers", to_path(trigger_id), *rest])
