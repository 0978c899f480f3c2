"""Every operation of the official SDK, found by looking at its client, against a demo: typed results, not only answers."""

import inspect
from datetime import datetime

import huaweicloudsdkgsl.v3 as gsl
import pytest

from clients import by_token, sdk
from operations import call
from simlink import start_demo

ICCID_LENGTHS = (19, 20)


def operations_of_the_client():
    """The methods of the client that take a request."""
    methods = inspect.getmembers(gsl.GslClient, inspect.isfunction)
    return {
        "".join(word.capitalize() for word in name.split("_"))
        for name, method in methods
        if not name.startswith("_")
        and not name.endswith("_invoker")
        and "request" in inspect.signature(method).parameters
    }


class World:
    """A demo of this test's own, the cards and things that the operations need, and what was called."""

    def __init__(self, directory):
        self.server, accounts = start_demo(directory, "--sims", "2000")
        self.client = sdk(self.server, accounts["demo"])
        self.plain = by_token(self.server, accounts["demo"])
        self.operator = by_token(self.server, accounts["operator"])
        self.called = set()

    def __call__(self, name, body=None, **parameters):
        self.called.add(name)
        answer = call(self.client, name, body, **parameters)
        assert type(answer).__name__ == f"{name}Response"
        return answer

    def cards(self, **filters):
        return self("ListSimCards", limit=500, **filters).sim_cards

    def card_of(self, carrier, state, fits=lambda card: True):
        """A physical card of one network, of that carrier and in that state."""
        plans = [
            plan.price_plan_id
            for plan in self("ListProPricePlans", limit=500, carrier_type=carrier).price_plans
            if plan.sim_type == 3
        ]
        multi = {card.sim_card_id for card in self("ListSimDeviceMultiply", limit=500).sim_cards}
        for plan in plans:
            for card in self.cards(sim_status=state, price_plan_id=[plan]):
                if card.sim_card_id not in multi and fits(card):
                    return card
        raise AssertionError(f"no card of carrier {carrier} in state {state}")

    def order(self, name, body=None, **parameters):
        """Places an order, has it carried out, and checks that it ended well."""
        order_id = self(name, body, **parameters).work_order_id
        assert isinstance(order_id, int)
        self.settle()
        (order,) = self("ListWorkOrders", main_search_key=str(order_id)).work_orders
        assert isinstance(order, gsl.WorkOrderVo)
        assert (order.status, order.success_count, order.process_count) == (4, 1, 0), order
        (detail,) = self("ListWorkOrderDetails", work_order_id=order_id).work_order_details
        assert isinstance(detail, gsl.WorkOrderDetailVo) and detail.status == 1

    def settle(self):
        assert self.operator.request("POST", "/ops/v1/sandbox/settle", body={}).status == 200


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    world = World(tmp_path_factory.mktemp("all-operations"))
    yield world
    world.server.stop()


def is_true(answer):
    """The bare `true` of operations that answer nothing else: the SDK keeps it as what came over the wire."""
    return (answer.status_code, answer.raw_content) == (200, b"true")


def test_all_39_operations(world):
    """The client has 39 operations; each is called, and what it answers has the types and values it should."""
    in_use = world.card_of(2, 20)
    assert isinstance(in_use, gsl.SimDeviceVO) and len(in_use.iccid) in ICCID_LENGTHS
    shown = world("ShowSimCard", sim_card_id=in_use.sim_card_id)
    assert (shown.iccid, shown.sim_status) == (in_use.iccid, 20)
    assert isinstance(shown.act_date, (str, datetime)) and isinstance(shown.flow_used, (int, float))

    # Work orders.
    card = {"sim_card_id": in_use.sim_card_id}
    named = world("ShowRealNamed", **card)
    assert (named.iccid, named.real_named) == (shown.iccid, shown.real_named)
    world.order("StartStopNet", {"action": "ADD"}, **card)
    assert world("ShowSimCard", **card).cut_net_flag is True
    # So much that no rule stops the card.
    world.order("SetExceedCutNet", {"action": 1, "quota": "100000"}, **card)
    assert world("ShowSimCard", **card).exceed_cut_net_quota == 100_000
    world.order("RegisterImei", {"bind_type": 2, "imei": "490154203237518"}, **card)
    assert world("ShowSimCard", **card).imei == "490154203237518"
    world.order("SetSpeedValue", {"speed_value": 1024}, **card)
    assert world("ShowSimCard", **card).speed_value == 1024
    world.order("DeleteRealName", **card)
    assert world("ShowSimCard", **card).real_named is False
    world.order("StopSimCard", {"down_up_switch": 1}, **card)
    assert world("ShowSimCard", **card).sim_status == 14
    world.order("ResetSimCard", {"down_up_switch": 2}, **card)
    assert world("ShowSimCard", **card).sim_status == 20
    fresh = world.card_of(2, 13)
    world.order("EnableSimCard", sim_card_id=fresh.sim_card_id)
    assert world("ShowSimCard", sim_card_id=fresh.sim_card_id).sim_status == 20

    # Three-network cards and their policies.
    multi = next(c for c in world("ListSimDeviceMultiply", limit=500, version=2).sim_cards if c.iccid_telcom)
    assert isinstance(multi, gsl.SimDeviceMultiplyVO)
    policy = {"policy_name": "all-operations", "version": 2, "switch_order": "1,2,3"}
    world("AddNetworkSwitchPolicy", policy)
    (found,) = world("ListNetworkSwitchPolicies", policy_name="all-operations").network_switch_policy_list
    assert isinstance(found, gsl.NetworkSwitchPolicyVO) and found.switch_order == "1,2,3"
    state = world("ShowSimCard", sim_card_id=multi.sim_card_id).sim_status
    if state != 30:
        body = {"network_switch_policy_id": found.id}
        world.order("SetNetworkSwitchPolicy", body, sim_card_id=multi.sim_card_id)
        present = {1: multi.iccid_mobile, 2: multi.iccid_telcom, 3: multi.iccid_unicom}
        target = next(n for n in present if present[n] and n != multi.online_carrier)
        world.order("SwitchNetwork", {"carrier_type": target}, sim_card_id=multi.sim_card_id)
        (moved,) = world("ListSimDeviceMultiply", sim_card_id=multi.sim_card_id).sim_cards
        assert moved.online_carrier == target

    # Tags and attributes.
    tag = world("CreateTag", {"tag_name": "all-operations"})
    assert (tag.tag_name, tag.status) == ("all-operations", 0)
    ids = [card["sim_card_id"], fresh.sim_card_id]
    assert is_true(world("BatchSetTags", {"sim_card_ids": ids, "tag_ids": [tag.id]}))
    (listed,) = world("ListTags", tag_name="all-operations").tags
    assert isinstance(listed, gsl.CmTagVO) and listed.status == 1
    assert {c.sim_card_id for c in world.cards(tag_id=[tag.id])} == set(ids)
    assert is_true(world("DeleteTag", tag_id=tag.id))
    assert world("ListTags", tag_name="all-operations").count == 0
    attributes = world("ListAttributes", limit=10).attributes
    if len(attributes) < 6:
        assert isinstance(world("CreateAttribute", {"cust_attr_name": "all-operations"}).id, int)
    else:
        # Every slot is taken: the operation says so by its own code.
        with pytest.raises(Exception, match="GSL.00027004"):
            world("CreateAttribute", {"cust_attr_name": "all-operations"})
    attribute = world("ListAttributes", limit=10).attributes[0]
    assert isinstance(attribute, gsl.CmAttributeVO)
    assert is_true(world("UpdateAttribute", {"cust_attr_name": "renamed"}, attribute_id=attribute.id))
    assert world("ListAttributes", cust_attr_name="renamed").count == 1
    assert is_true(world("DisableAttribute", attribute_id=attribute.id))
    assert is_true(world("EnableAttribute", attribute_id=attribute.id))
    slot = attribute.default_attr_name_en.rsplit(" ", 1)[-1]
    values = gsl.AttributeReq(**{"sim_card_id": ids[0], f"customer_attribute{slot}": "a value"})
    assert is_true(world("BatchSetAttributes", {"attributes": [values]}))
    assert getattr(world("ShowSimCard", **card), f"customer_attribute{slot}") == "a value"

    # Text messages.
    listed = world.plain.get("/v1/sim-cards", limit=500, sim_status=20).json()["sim_cards"]
    sent = next(c["cid"] for c in listed if send(world, c["cid"]))
    world.settle()
    message = world("ListSmsDetails", cid=sent).sms_details[0]
    assert isinstance(message, gsl.SmsSendDetailQueryVo)
    assert (message.cid, message.sms_status, message.sms_content) == (sent, 2, "测试")

    # Plans, usage, pools.
    plans = world("ListSimPricePlans", **card).body
    assert plans and isinstance(plans[0], gsl.SimPricePlanVO)
    flows = world("ListFlowBySimCards", {"sim_card_ids": [ids[0]]}).body
    assert flows and isinstance(flows[0], gsl.SimCardsFlowVO)
    cycle = datetime.now().strftime("%Y-%m")
    usages = world("ShowMonthUsages", {"sim_card_ids": [ids[0]], "billing_cycles": [cycle]}).month_usages
    (usage,) = usages
    assert isinstance(usage, gsl.MonthUsageVo) and usage.iccid == shown.iccid
    assert len(usage.flow_usages) == 1
    days = world("ListSimCardFlowPerDay", {"sim_card_ids": [ids[0]], "month": last_month()}).body
    assert len(days) >= 28 and isinstance(days[0], gsl.SimCardFlowPerDayRsp)
    pool = world("ListSimPools", limit=10).pools[0]
    assert isinstance(pool, gsl.SimPoolVO)
    members = world("ListSimPoolMembers", sim_pool_id=pool.id, limit=10).pool_members
    assert members and isinstance(members[0], gsl.PoolMemVO)
    back = world("ListBackPools", limit=10).pools[0]
    assert isinstance(back, gsl.BackPoolVO)
    members = world("ListBackPoolMembers", back_pool_id=back.id, limit=10).pool_members
    assert members and isinstance(members[0], gsl.BackPoolMemVO)

    everything = operations_of_the_client()
    assert len(everything) == 39
    assert world.called >= everything, everything - world.called


def send(world, cid):
    """Whether a card takes a message."""
    try:
        return is_true(world("SendSms", {"sms_content": "测试", "cids": [cid]}))
    except Exception as error:
        assert "GSL.00011015" in str(error), error
        return False


def last_month():
    now = datetime.now()
    year, month = (now.year, now.month - 1) if now.month > 1 else (now.year - 1, 12)
    return f"{year}{month:02}"
