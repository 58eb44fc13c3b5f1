"""FEATURE and FEATUREMAP: what features.conf says, for one channel."""

from typing import get_type_hints

from asterism.runtime import features
from asterism.runtime.channel import Channel
from asterism.runtime.declare import function
from asterism.runtime.features_conf import FeatureMap, FeaturesGeneral
from asterism.runtime.settings import converter


@function("FEATURE", see="FEATUREMAP")
def feature(chan: Channel, option_name: str) -> str:
    """Read or set an option of features.conf's [general] for this channel.

    Args:
        option_name: Its name there, such as `featuredigittimeout`, `xfersound`, `atxferdropcall`.
    Returns: The channel's own value, or that of features.conf.
    Compat: func of Asterisk's features. It counts from the next bridge on that the channel enters.
    """
    name = option_name.strip().lower()
    if name not in get_type_hints(FeaturesGeneral):
        chan.warn(f"Invalid argument '{option_name}' to FEATURE")
        return ""
    value = features.setting(chan, name)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


@feature.write
def _set_feature(chan: Channel, option_name: str, value: str) -> None:
    name = option_name.strip().lower()
    hint = get_type_hints(FeaturesGeneral).get(name)
    if hint is None:
        chan.warn(f"Invalid argument '{option_name}' to FEATURE")
        return
    try:
        features.set_own(chan, name, converter(hint)(value))
    except ValueError as error:
        chan.warn(f"FEATURE({option_name}): {value}: {error}")


@function("FEATUREMAP", see="FEATURE")
def featuremap(chan: Channel, feature_name: str) -> str:
    """Read or set the keys of a built-in feature for this channel.

    Args:
        feature_name: `blindxfer`, `atxfer`, `disconnect`, `parkcall`, or `automixmon`.
    Returns: The channel's own keys, or those of features.conf.
    Compat: func of Asterisk's features. It counts from the next bridge on that the channel enters.
    """
    name = feature_name.strip().lower()
    if name not in get_type_hints(FeatureMap):
        chan.warn(f"Invalid argument '{feature_name}' to FEATUREMAP")
        return ""
    return str(features.setting(chan, name))


@featuremap.write
def _set_featuremap(chan: Channel, feature_name: str, value: str) -> None:
    name = feature_name.strip().lower()
    if name not in get_type_hints(FeatureMap):
        chan.warn(f"Invalid argument '{feature_name}' to FEATUREMAP")
        return
    features.set_own(chan, name, value.strip())
