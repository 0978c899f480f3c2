"""Lists cards of the demo with the official SDK: `simlink demo`, then `python3 examples/list_cards.py`."""

import sys

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkgsl.v3 import GslClient, ListSimCardsRequest

endpoint = sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8780"
credentials = BasicCredentials(
    "DEMOAK00000000000001", "DemoSecretKey000000000000000000000000001", "0d3500000000000000000000000de311"
)
client = GslClient.new_builder().with_credentials(credentials).with_endpoint(endpoint).build()
page = client.list_sim_cards(ListSimCardsRequest(sim_status=20, sort="flow_used", order="desc", limit=50))
print(page.count, "cards in use; the three that used most:")
for card in page.sim_cards[:3]:
    print(card.iccid, card.flow_used, "MB of", card.price_plan_name)
