from pathlib import Path

from emulator import aws
from emulator.mailbox import Mail, Mailbox


def test_a_mailbox_has_what_its_topic_sends(tmp_path: Path) -> None:
    with aws.running(tmp_path / "aws") as local:
        sns = local.client("sns")
        topic = sns.create_topic(Name="letters")["TopicArn"]
        mailbox = Mailbox(local, topic)
        assert mailbox.take() is None
        sns.publish(TopicArn=topic, Subject="Hello", Message="A letter.\n")
        assert mailbox.take() == Mail("Hello", "A letter.\n")
        assert mailbox.take() is None
