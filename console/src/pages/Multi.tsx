// Three-network cards: which network each is on, and moving it.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Button, Dropdown, Modal, Select, Space } from "antd";
import { useState } from "react";
import { Link } from "react-router-dom";
import { api, ask, order, type Schemas } from "../api/client";
import { useMayWrite } from "../api/session";
import { useTexts, word } from "../i18n";
import { useAddress } from "../lib/address";
import { Failure, Page } from "../parts/Frame";
import { OrderProgress } from "../parts/OrderProgress";
import { PagedTable } from "../parts/PagedTable";
import { Search } from "../parts/Search";

type Multi = Schemas["SimDeviceMultiplyVO"];

/** What is asked for with a card: a network, or (where there is none) a policy. */
interface Wish {
  card: Multi;
  network?: number;
}

function Dialog({ wish, placed, close }: { wish: Wish; placed: (id: number) => void; close: () => void }) {
  const texts = useTexts();
  const { card, network } = wish;
  const [policy, setPolicy] = useState(card.network_switch_policy_id ?? undefined);
  const policies = useQuery({
    queryKey: ["policies", "of version", card.version],
    enabled: network === undefined,
    queryFn: async () => (await ask(api.GET("/v1/network-switch-policies", { params: { query: { version: card.version, limit: 500 } } }))).network_switch_policy_list,
  });
  const params = { path: { sim_card_id: card.sim_card_id } };
  const place = useMutation({
    mutationFn: () =>
      network === undefined
        ? order(api.POST("/v1/sim-cards/{sim_card_id}/network-switch-policy/set", { params, body: { network_switch_policy_id: policy ?? 0 } }))
        : order(api.POST("/v1/sim-cards-multiply/{sim_card_id}/switch-network", { params, body: { carrier_type: network } })),
    onSuccess: ({ work_order_id }) => placed(work_order_id),
  });
  const title = network === undefined ? texts.actions.setPolicy : `${texts.multi.switchTo} ${word(texts.carrier, network)}`;
  return (
    <Modal
      open
      title={texts.actions.confirmOne(title, card.cid)}
      okText={texts.actions.go}
      cancelText={texts.common.cancel}
      onCancel={close}
      onOk={() => place.mutate()}
      okButtonProps={{ loading: place.isPending, disabled: network === undefined && policy === undefined }}
    >
      {network === undefined && (
        <Select
          aria-label={texts.multi.policy}
          placeholder={texts.multi.policy}
          loading={policies.isPending}
          value={policy}
          onChange={setPolicy}
          options={policies.data?.map((one) => ({ value: one.id, label: one.policy_name }))}
          style={{ width: "100%", marginBottom: 12 }}
        />
      )}
      {place.isError && <Failure error={place.error} />}
    </Modal>
  );
}

export default function MultiCards() {
  const texts = useTexts();
  const address = useAddress();
  const mayWrite = useMayWrite();
  const client = useQueryClient();
  const [wish, setWish] = useState<Wish | null>(null);
  const [order, setOrder] = useState<number | null>(null);
  const query = { cid: address.text("cid"), online_carrier: address.number("online"), version: address.number("version") };
  const networks = [1, 2, 3];
  const present = (card: Multi) => networks.filter((network) => [card.iccid_mobile, card.iccid_telcom, card.iccid_unicom][network - 1] && network !== card.online_carrier);
  const code = (value: string | null) => <span className="code">{value ?? "—"}</span>;
  return (
    <Page title={texts.multi.title}>
      <div className="bar">
        <Search label={texts.multi.find} value={query.cid} onSearch={(cid) => address.set({ cid })} />
        <Select
          aria-label={texts.multi.online}
          placeholder={texts.multi.online}
          allowClear
          value={query.online_carrier}
          onChange={(online?: number) => address.set({ online })}
          options={networks.map((value) => ({ value, label: word(texts.carrier, value) }))}
          style={{ width: 170 }}
        />
        <Select
          aria-label={texts.multi.version}
          placeholder={texts.multi.version}
          allowClear
          value={query.version}
          onChange={(version?: number) => address.set({ version })}
          options={Object.entries(texts.multi.versions).map(([value, label]) => ({ value: Number(value), label }))}
          style={{ width: 150 }}
        />
      </div>
      <PagedTable<Multi>
        label={texts.multi.title}
        of={["cards", "multi", query]}
        address={address}
        rowKey="sim_card_id"
        load={async (page) => {
          const found = await ask(api.GET("/v1/sim-cards-multiply", { params: { query: { ...query, ...page } } }));
          return { count: found.count, rows: found.sim_cards };
        }}
        columns={[
          { title: texts.cards.cid, dataIndex: "cid", render: (cid: string, card) => <Link className="code" to={`/cards/${card.sim_card_id}`}>{cid}</Link> },
          { title: texts.multi.online, dataIndex: "online_carrier", render: (network: number) => word(texts.carrier, network) },
          { title: texts.multi.version, dataIndex: "version", render: (version: number) => word(texts.multi.versions, version) },
          { title: texts.multi.policy, dataIndex: "policy_name", render: (name: string | null) => name ?? "—" },
          { title: texts.multi.mobile, dataIndex: "iccid_mobile", render: code },
          { title: texts.multi.telecom, dataIndex: "iccid_telcom", render: code },
          { title: texts.multi.unicom, dataIndex: "iccid_unicom", render: code },
          ...(mayWrite
            ? [
                {
                  title: texts.common.actions,
                  key: "actions",
                  render: (_: unknown, card: Multi) => (
                    <Space>
                      <Dropdown trigger={["click"]} menu={{ items: present(card).map((network) => ({ key: network, label: word(texts.carrier, network), onClick: () => setWish({ card, network }) })) }}>
                        <Button size="small">{texts.actions.switchNetwork}</Button>
                      </Dropdown>
                      <Button size="small" onClick={() => setWish({ card })}>
                        {texts.actions.setPolicy}
                      </Button>
                    </Space>
                  ),
                },
              ]
            : []),
        ]}
      />
      {wish && (
        <Dialog
          wish={wish}
          close={() => setWish(null)}
          placed={(id) => {
            setWish(null);
            setOrder(id);
            void client.invalidateQueries({ queryKey: ["orders"] });
          }}
        />
      )}
      <OrderProgress id={order} close={() => setOrder(null)} />
    </Page>
  );
}
