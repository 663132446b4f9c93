import pytest

from sfn_callback import settings
from sfn_callback.errors import SettingsInvalid
from testing.environment import BUCKET, ENVIRONMENT


def test_the_environment_becomes_one_value() -> None:
    ours = settings.read({**ENVIRONMENT, "SFN_CALLBACK_TOLERATED_FAILURE_COUNT": "3"})
    assert (ours.bucket, ours.retention_seconds) == (BUCKET, 14 * 86_400)
    assert (ours.tolerated_count, ours.tolerated_percentage) == (3, None)


@pytest.mark.parametrize(("given", "most"), [("100000", 100_000), ("", None)])
def test_a_job_may_have_as_many_chunks_as_the_module_says(given: str, most: int | None) -> None:
    assert settings.read({**ENVIRONMENT, "SFN_CALLBACK_MAX_CHUNKS": given}).max_chunks == most


@pytest.mark.parametrize("environment", [{}, {"SFN_CALLBACK_BUCKET_KEY_ARN": ""}])
def test_a_bucket_may_have_no_key(environment: dict[str, str]) -> None:
    assert settings.read({**ENVIRONMENT, **environment}).bucket_key_arn == ""


@pytest.mark.parametrize(("environment", "prefix"), [({}, ""), ({"SFN_CALLBACK_PREFIX": "team-a/"}, "team-a/")])
def test_a_bucket_may_be_shared(environment: dict[str, str], prefix: str) -> None:
    assert settings.read({**ENVIRONMENT, **environment}).prefix == prefix


def test_a_bucket_may_have_a_key() -> None:
    arn = "arn:aws:kms:eu-central-1:000000000000:key/1234"
    assert settings.read({**ENVIRONMENT, "SFN_CALLBACK_BUCKET_KEY_ARN": arn}).bucket_key_arn == arn


def test_all_problems_are_named_at_once() -> None:
    wrong = {**ENVIRONMENT, "SFN_CALLBACK_BUCKET": "", "SFN_CALLBACK_RETENTION_DAYS": "many"}
    del wrong["SFN_CALLBACK_TABLE"]
    with pytest.raises(SettingsInvalid) as caught:
        settings.read(wrong)
    for part in ("BUCKET is not set", "TABLE is not set", "RETENTION_DAYS is 'many'"):
        assert part in str(caught.value)
