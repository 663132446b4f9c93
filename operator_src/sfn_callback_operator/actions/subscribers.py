"""Who is told of approvals: their topic's subscribers, and those of ``approval.emails`` that are not among them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from sfn_callback.aws import clients

State = Literal["confirmed", "pending", "deleted"]


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Who is subscribed, by which protocol; ``arn`` is one of a subscription only where it is confirmed."""

    endpoint: str
    protocol: str
    arn: str

    @property
    def state(self) -> State:
        """Whether it is told of approvals: only a confirmed subscriber is.

        SNS lists what is deleted for a while, with a word in the place of the ARN, as what is not confirmed.
        https://docs.aws.amazon.com/sns/latest/api/API_GetTopicAttributes.html (SubscriptionsDeleted)
        """
        if self.arn.startswith("arn:"):
            return "confirmed"
        return "pending" if self.arn == "PendingConfirmation" else "deleted"


def listed(topic: str) -> list[Subscriber]:
    """Return the topic's subscribers."""
    pages = clients.sns().get_paginator("list_subscriptions_by_topic").paginate(TopicArn=topic)
    found = [one for page in pages for one in page["Subscriptions"]]
    return [Subscriber(one["Endpoint"], one["Protocol"], one["SubscriptionArn"]) for one in found]


def by_mail(topic: str, address: str) -> Subscriber | None:
    """Return the subscriber of that address, the confirmed one if there are several, ``None`` where there is none."""
    same = [one for one in listed(topic) if one.protocol == "email" and one.endpoint.lower() == address.lower()]
    return min(same, key=lambda one: ("confirmed", "pending", "deleted").index(one.state), default=None)


def unheard(expected: Iterable[str], there: Iterable[Subscriber]) -> tuple[list[Subscriber], int]:
    """Return who of ``approval.emails`` is not told: those that are still listed, and how many more there are.

    ``expected`` are their hashes, as the settings have them.
    """
    mails = {_hashed(one.endpoint): one for one in there if one.protocol == "email" and one.state != "confirmed"}
    heard = {_hashed(one.endpoint) for one in there if one.protocol == "email" and one.state == "confirmed"}
    gone = [address for address in expected if address not in heard]
    return [mails[address] for address in gone if address in mails], sum(address not in mails for address in gone)


def is_locked(subscriber: Subscriber) -> bool:
    """Return whether unsubscribing a confirmed address needs AWS credentials, so that no mail's link can do it.

    https://docs.aws.amazon.com/sns/latest/api/API_GetSubscriptionAttributes.html (ConfirmationWasAuthenticated)
    """
    answer = clients.sns().get_subscription_attributes(SubscriptionArn=subscriber.arn)
    return answer["Attributes"].get("ConfirmationWasAuthenticated") == "true"


def ask(topic: str, address: str) -> None:
    """Have SNS ask an address by mail whether it wants mails about approvals."""
    clients.sns().subscribe(TopicArn=topic, Protocol="email", Endpoint=address)


def confirm(topic: str, token: str) -> None:
    """Confirm with a mail's token, so that no link in later mails unsubscribes.

    https://docs.aws.amazon.com/sns/latest/api/API_ConfirmSubscription.html (AuthenticateOnUnsubscribe)
    """
    clients.sns().confirm_subscription(TopicArn=topic, Token=token, AuthenticateOnUnsubscribe="true")


def remove(subscriber: Subscriber) -> None:
    """Unsubscribe a confirmed one."""
    clients.sns().unsubscribe(SubscriptionArn=subscriber.arn)


def _hashed(address: str) -> str:
    # As lambda.tf makes it.
    return hashlib.sha256(address.lower().encode()).hexdigest()[:8]
