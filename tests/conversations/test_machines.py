"""What the words of machine agents and of their customers tell, in English and German."""

from __future__ import annotations

import pytest

from cxaudit_message.speech.machines import (
    asks_for_person,
    discloses,
    only_acknowledges,
    passes_on,
)


@pytest.mark.parametrize(
    "body",
    [
        "Hi Ann!",
        "Thank you for contacting us. We have received your request and will get back to you soon.",
        "Your ticket 4711 has been created. Please do not reply to this mail.",
        "Hello! I am the virtual assistant of Acme. How can I help you?",
        "One moment, please. I will connect you to a colleague.",
        "Guten Tag! Vielen Dank für Ihre Nachricht. Wir melden uns innerhalb von 24 Stunden.",
        "Ihre Anfrage ist bei uns eingegangen.",
        "Ich bin der Chatbot von Acme. Wie kann ich helfen?",
        "",
        None,
    ],
)
def test_who_only_confirms_gives_no_answer(body):
    assert only_acknowledges(body)


@pytest.mark.parametrize(
    "body",
    [
        "Your parcel left on Monday.",
        "Hi Ann, your parcel arrives on Thursday.",
        "Thanks for your message. You can reset the password under Settings.",
        "Thanks for asking, we refund 20 euros.",
        "We have received your request. The refund of 20 euros is on its way.",
        "Danke. Die Rechnung ist bezahlt.",
        "Sie haben 30 Tage Zeit.",
    ],
)
def test_who_goes_into_the_matter_answers(body):
    assert not only_acknowledges(body)


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        ("Can I speak to a human please", True),
        ("human", True),
        ("I want a real person", True),
        ("not a bot!", True),
        ("Ich möchte mit einem Menschen sprechen", True),
        ("Kann ich mit jemandem reden?", True),
        ("Where is my parcel?", False),
        ("The agent at the desk was kind", False),
        ("Ich habe gestern bestellt", False),
    ],
)
def test_customers_ask_for_a_person(body, asks):
    assert asks_for_person(body) is asks


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("Hello, I'm Acme's AI assistant.", True),
        ("You are chatting with our chatbot", True),
        ("Ich bin ein virtueller Assistent", True),
        ("Hier schreibt die KI von Acme", True),
        ("Hello, Lisa here!", False),
        ("Your washing machine is on its way", False),
        ("Unsere digitale Rechnung kommt morgen", False),
    ],
)
def test_a_machine_says_what_it_is(body, says):
    assert discloses(body) is says


def test_a_machine_says_that_it_passes_on():
    assert passes_on("I'm transferring you to our team.")
    assert passes_on("Ich verbinde Sie mit einer Kollegin.")
    assert not passes_on("The transfer of the money takes two days.")
