"""Which channels there are, each in a file of its own that is imported when the channel is used."""

from scheduler_runner.notices.channel import Channel
from scheduler_runner.notices.channel_settings import ChannelSettings
from scheduler_runner.phrases import Phrase


def open_channel(settings: ChannelSettings) -> Channel:
    """Return the channel that these settings are for, not yet opened."""
    if settings.name == "vk":
        from scheduler_runner.notices.vk import VkChannel

        return VkChannel(settings)
    from scheduler_runner.notices.telegram import TelegramChannel

    return TelegramChannel(settings)


def why_not_open(settings: ChannelSettings, error: Exception) -> Phrase:
    """Return why a channel could not be opened, and what to do; no error's text, for an address may hold a secret."""
    if isinstance(error, ImportError):
        told = "{channel}: a package cannot be imported ({error}): pip install -r requirements.txt"
        return Phrase(told, channel=settings.name, error=str(error))
    told = "{channel} cannot be used ({error}): look at proxy and api_url in [{channel}]"
    return Phrase(told, channel=settings.name, error=type(error).__name__)
