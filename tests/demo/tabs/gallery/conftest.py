"""What the gallery's tests ask it."""

import pytest

from demo.tabs.gallery.gallery import Gallery

ASK = {"dataset": "mnist", "distortion": "turned", "seed": 1}


@pytest.fixture
def gallery(mnist_resources):
    return Gallery(*mnist_resources)


@pytest.fixture
def ask(mnist_resources):
    """What a gallery, a new one unless one is given, answers to ASK with changes; it must not be an error."""

    def asked(made=None, **changes):
        found = (made or Gallery(*mnist_resources)).answer({**ASK, **changes})
        assert "error" not in found, found
        return found

    return asked
