"""The control operations by the official SDK, and what each must come to on a card: the rules, written a second time."""

import huaweicloudsdkgsl.v3 as gsl
from huaweicloudsdkcore.exceptions.exceptions import ServiceResponseException

STATES = (10, 11, 13, 14, 20, 30)
MAINLAND = (1, 2, 3)
UNSUPPORTED = (403, "GSL.00011015")
IMEI = "490154203237518"


def call(client, name, body=None, **parameters):
    """Calls an operation of the SDK by its name: the typed response."""
    request_type = getattr(gsl, f"{name}Request")
    if body is not None:
        parameters["body"] = getattr(gsl, request_type.openapi_types["body"])(**body)
    method = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")
    return getattr(client, method)(request_type(**parameters))


def outcome(client, name, **how):
    """The response, or (status, code) of the refusal."""
    try:
        return call(client, name, **how)
    except ServiceResponseException as error:
        return error.status_code, error.error_code


class Card:
    """What the rules look at, read from the lists by the SDK."""

    def __init__(self, listed, carrier, pooled, multi):
        self.id = listed.sim_card_id
        self.iccid = listed.iccid
        self.sim_type = listed.sim_type
        self.status = listed.sim_status
        self.operator_status = listed.operator_status
        self.carrier = carrier
        self.pooled = pooled
        self.real_named = listed.real_named
        self.flow_left = listed.flow_left
        self.multi = multi

    @property
    def kind(self):
        """Cards of one kind must all be treated alike."""
        return (
            self.carrier,
            self.sim_type,
            self.multi is not None,
            self.status,
            self.pooled,
            self.real_named,
            self.operator_status,
        )


def expected(name, body, card):
    """`None` where the operation is accepted, otherwise status and code."""
    physical = card.sim_type == 3
    if name == "StopSimCard":
        return None if card.status == 20 else (403, "GSL.00016020")
    if name == "ResetSimCard":
        if card.status != 14:
            return 403, "GSL.00016019"
        without_flow = card.operator_status in (1, 3) and (card.flow_left or 0) <= 0
        return (403, "GSL.00016012") if without_flow else None
    if name == "EnableSimCard":
        return None if physical and card.status in (10, 11, 13) else (403, "GSL.00016014")
    if name == "StartStopNet" or name == "DeleteRealName":
        return None if card.carrier == 2 else UNSUPPORTED
    if name == "SetExceedCutNet":
        pooled = card.carrier in (1, 3) and card.pooled
        return None if card.carrier == 2 or pooled else UNSUPPORTED
    if name == "RegisterImei":
        return None if card.carrier == 2 or (card.carrier == 1 and body["bind_type"] == 1) else UNSUPPORTED
    if name == "SetSpeedValue":
        if not physical or not (card.carrier == 2 or (card.carrier == 3 and card.real_named)):
            return UNSUPPORTED
        return None if body["speed_value"] in (-1, 512) else (400, "GSL.00011016")
    if name == "ShowRealNamed":
        return None if card.carrier in MAINLAND else UNSUPPORTED
    if card.multi is None:
        return UNSUPPORTED
    if name == "SwitchNetwork":
        target = body["carrier_type"]
        present = {1: card.multi.iccid_mobile, 2: card.multi.iccid_telcom, 3: card.multi.iccid_unicom}
        possible = present[target] and target != card.multi.online_carrier
        return None if possible else (400, "GSL.00011063")
    assert name == "SetNetworkSwitchPolicy"
    # The system's policy of a version has the version as its id.
    fits = body["network_switch_policy_id"] == card.multi.version
    return None if fits else (400, "GSL.00015028")


OPERATIONS = [
    ("StopSimCard", {"down_up_switch": 1}),
    ("ResetSimCard", {"down_up_switch": 2}),
    ("EnableSimCard", None),
    ("StartStopNet", {"action": "ADD"}),
    ("StartStopNet", {"action": "DEL"}),
    ("SetExceedCutNet", {"action": 1, "quota": "10"}),
    ("SetExceedCutNet", {"action": 2}),
    ("RegisterImei", {"bind_type": 1}),
    ("RegisterImei", {"bind_type": 2, "imei": IMEI}),
    ("DeleteRealName", None),
    ("SetSpeedValue", {"speed_value": 512}),
    ("SetSpeedValue", {"speed_value": 513}),
    ("ShowRealNamed", None),
    ("SwitchNetwork", {"carrier_type": 1}),
    ("SwitchNetwork", {"carrier_type": 3}),
    ("SetNetworkSwitchPolicy", {"network_switch_policy_id": 1}),
    ("SetNetworkSwitchPolicy", {"network_switch_policy_id": 2}),
]
