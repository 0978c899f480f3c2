"""Tags, attributes, policies and uploaded lists through the official SDK: typed results, and what follows at once."""

import json

import pytest
import requests
from huaweicloudsdkcore.exceptions.exceptions import ClientRequestException
from huaweicloudsdkgsl.v3 import (
    AddNetworkSwitchPolicyRequest,
    AddOrModifyAttributeReq,
    AddOrModifyTagReq,
    AttributeReq,
    BatchSetAttributesReq,
    BatchSetAttributesRequest,
    BatchSetTagsReq,
    BatchSetTagsRequest,
    CreateAttributeRequest,
    CreateTagRequest,
    DeleteTagRequest,
    DisableAttributeRequest,
    EnableAttributeRequest,
    ListAttributesRequest,
    ListNetworkSwitchPoliciesRequest,
    ListSimCardsRequest,
    ListTagsRequest,
    NetworkSwitchPolicyDTO,
    ShowSimCardRequest,
    UpdateAttributeRequest,
)

from clients import sdk

MISSING = 9_000_000_000_000


@pytest.fixture
def client(either):
    """A client of the rival, which has a hundred cards or so and whose names nobody else of these tests looks at."""
    return sdk(either.server, either.rival)


def refused(call, request):
    """Status and code of a refusal."""
    with pytest.raises(ClientRequestException) as error:
        call(request)
    return error.value.status_code, error.value.error_code, error.value.error_msg


def cards_of(client, **query):
    return client.list_sim_cards(ListSimCardsRequest(limit=500, **query))


def new_tag(client, name):
    return client.create_tag(CreateTagRequest(body=AddOrModifyTagReq(tag_name=name)))


def set_tags(client, **body):
    return client.batch_set_tags(BatchSetTagsRequest(body=BatchSetTagsReq(**body)))


def test_tags_live_and_die(client):
    """A tag is made, put on cards by id and by ICCID, listed by, taken off, and deleted."""
    tag = new_tag(client, "新的标签-sdk")
    assert isinstance(tag.id, int) and (tag.tag_name, tag.status) == ("新的标签-sdk", 0)
    for name, code in (("新的标签-sdk", "GSL.00022002"), ("a b", "GSL.00022001")):
        request = CreateTagRequest(body=AddOrModifyTagReq(tag_name=name))
        assert refused(client.create_tag, request)[:2] == (400, code)
    cards = cards_of(client).sim_cards[:3]
    ids = [card.sim_card_id for card in cards]
    assert set_tags(client, sim_card_ids=ids[:2], tag_ids=[tag.id]).status_code == 200
    assert set_tags(client, iccids=[cards[2].iccid], tag_ids=[tag.id]).status_code == 200
    found = cards_of(client, tag_id=[tag.id])
    assert (found.count, [card.sim_card_id for card in found.sim_cards]) == (3, ids)
    assert {card.tag_names for card in found.sim_cards} == {"新的标签-sdk"}
    assert client.list_tags(ListTagsRequest(tag_name="新的")).tags[0].status == 1
    assert set_tags(client, sim_card_ids=ids[:1], tag_ids=[]).status_code == 200
    assert cards_of(client, tag_id=[tag.id]).count == 2
    assert client.delete_tag(DeleteTagRequest(tag_id=tag.id)).status_code == 200
    assert cards_of(client, tag_id=[tag.id]).count == 0
    assert client.show_sim_card(ShowSimCardRequest(sim_card_id=ids[1])).tag_names is None
    assert refused(client.delete_tag, DeleteTagRequest(tag_id=tag.id))[:2] == (400, "GSL.00022004")


def test_batches_are_all_or_nothing(client):
    """A batch with one bad card changes none, and the refusal names the values at fault."""
    tag = new_tag(client, "all-or-nothing")
    card = cards_of(client).sim_cards[0].sim_card_id
    for body, code, values in [
        ({"sim_card_ids": [card, MISSING]}, "GSL.00016053", f"[{MISSING}]"),
        ({"sim_card_ids": [card, card]}, "GSL.00016054", f"[{card}]"),
        ({"sim_card_ids": []}, "GSL.00016051", "500"),
        ({"file_temp_id": MISSING}, "GSL.00012016", ""),
    ]:
        request = BatchSetTagsRequest(body=BatchSetTagsReq(tag_ids=[tag.id], **body))
        status, found, message = refused(client.batch_set_tags, request)
        assert (status, found) == (400, code) and values in message, message
    assert cards_of(client, tag_id=[tag.id]).count == 0
    client.delete_tag(DeleteTagRequest(tag_id=tag.id))


def test_attributes(client):
    """A slot is named, renamed, switched off and on; values are set on cards and filtered by at once."""
    named = client.list_attributes(ListAttributesRequest()).attributes
    if len(named) < 6:
        body = AddOrModifyAttributeReq(cust_attr_name="sdk-made")
        made = client.create_attribute(CreateAttributeRequest(body=body))
        assert isinstance(made.id, int)
    named = client.list_attributes(ListAttributesRequest()).attributes
    attribute = named[-1]
    rename = UpdateAttributeRequest(
        attribute_id=attribute.id, body=AddOrModifyAttributeReq(cust_attr_name="sdk-renamed")
    )
    assert client.update_attribute(rename).status_code == 200
    slot = f"customer_attribute{attribute.default_attr_name_en[-1]}"
    card, other = [card.sim_card_id for card in cards_of(client).sim_cards[:2]]
    body = [AttributeReq(sim_card_id=card, **{slot: "sdk-value"}), AttributeReq(sim_card_id=other)]
    request = BatchSetAttributesRequest(body=BatchSetAttributesReq(attributes=body))
    assert client.disable_attribute(DisableAttributeRequest(attribute_id=attribute.id)).status_code == 200
    status, code, message = refused(client.batch_set_attributes, request)
    assert (status, code) == (400, "GSL.00012031")
    assert [failure["sim_card_id"] for failure in json.loads(message)] == [card]
    assert client.enable_attribute(EnableAttributeRequest(attribute_id=attribute.id)).status_code == 200
    assert client.batch_set_attributes(request).status_code == 200
    found = cards_of(client, **{slot: "sdk-value"})
    assert [found_card.sim_card_id for found_card in found.sim_cards] == [card]
    shown = client.list_attributes(ListAttributesRequest(cust_attr_name="renamed")).attributes
    assert [(one.id, one.cust_attr_name, one.status) for one in shown] == [(attribute.id, "sdk-renamed", 1)]


def test_policies(client):
    """The seed's two examples are made and listed with the members of their version."""
    for body in (
        NetworkSwitchPolicyDTO(policy_name="testaa", version=2, blacklist=1, switch_order="3,1,2"),
        NetworkSwitchPolicyDTO(
            policy_name="test_sdk",
            version=1,
            preferred_carrier=3,
            least_preferred_carrier=2,
            optimal_signal=True,
            auto_switch=True,
            weak_signal_switch=True,
            connect_ip="www.example.com",
        ),
    ):
        made = client.add_network_switch_policy(AddNetworkSwitchPolicyRequest(body=body))
        assert made.status_code == 200
    listed = client.list_network_switch_policies(ListNetworkSwitchPoliciesRequest())
    with_sdk, without = listed.network_switch_policy_list[:2]
    assert (with_sdk.policy_name, with_sdk.version, with_sdk.switch_order) == ("test_sdk", 1, None)
    assert with_sdk.connect_ip == "www.example.com" and with_sdk.weak_signal_switch is True
    assert (without.policy_name, without.switch_order, without.blacklist) == ("testaa", "3,1,2", 1)
    again = NetworkSwitchPolicyDTO(policy_name="testaa", version=2, switch_order="1,2,3")
    request = AddNetworkSwitchPolicyRequest(body=again)
    assert refused(client.add_network_switch_policy, request)[:2] == (400, "GSL.00015034")


def test_uploaded_lists(either, client):
    """A list of cards uploaded as a form is taken by its id."""
    cards = cards_of(client).sim_cards[:5]
    content = "iccid\n" + "".join(f"{card.iccid}\n" for card in cards)
    headers = {"X-Auth-Token": either.rival_plain.token}
    url = either.server.url + "/v1/temp-files"
    upload = lambda text: requests.post(url, headers=headers, files={"file": ("cards.csv", text)}, timeout=10)
    answer = upload(content)
    assert answer.status_code == 200 and answer.json()["row_count"] == 5, answer.text
    tag = new_tag(client, "by-file")
    set_tags(client, file_temp_id=answer.json()["file_temp_id"], tag_ids=[tag.id])
    found = cards_of(client, tag_id=[tag.id]).sim_cards
    assert [card.sim_card_id for card in found] == [card.sim_card_id for card in cards]
    client.delete_tag(DeleteTagRequest(tag_id=tag.id))
    bad = upload("iccid\nx\n")
    assert bad.json()["error_code"] == "GSL.00010004" and "第2行 iccid" in bad.json()["error_msg"]
