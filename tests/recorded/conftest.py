"""The local AWS, and what tests make on it."""

from tests.tooling.conftest import any_role, local_aws, machines, new_bucket, new_queue, s3

__all__ = ["any_role", "local_aws", "machines", "new_bucket", "new_queue", "s3"]
