// The work orders of all accounts, and the operator's word on those in review.
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Select, Space } from "antd";
import { api, ask, type Answer } from "../api/client";
import { useTexts, word } from "../i18n";
import { useAddress } from "../lib/address";
import { useFormat } from "../lib/format";
import { Page, useSayFailure } from "../parts/Frame";
import { Counts, hasEnded } from "../parts/OrderProgress";
import { PagedTable } from "../parts/PagedTable";
import { Search } from "../parts/Search";
import { OrderStatus } from "../parts/Status";

type Order = Answer<"ListAnyWorkOrders">["work_orders"][number];
type Verb = "approve" | "reject" | "cancel";

export default function AllOrders() {
  const texts = useTexts();
  const format = useFormat();
  const address = useAddress();
  const client = useQueryClient();
  const say = useSayFailure();
  const { message } = App.useApp();
  const query = { account: address.text("account"), main_search_key: address.text("id"), status: address.number("status") };
  const act = useMutation({
    mutationFn: ({ id, verb }: { id: number; verb: Verb }) => ask(api.POST(`/ops/v1/work-orders/{work_order_id}/${verb}`, { params: { path: { work_order_id: id } } })),
    onSuccess: (_, { verb }) => {
      void client.invalidateQueries({ queryKey: ["all orders"] });
      void message.success({ approve: texts.orders.approved, reject: texts.orders.rejected, cancel: texts.orders.cancelled }[verb]);
    },
    onError: say,
  });
  const button = (id: number, verb: Verb, label: string) => (
    <Button size="small" type={verb === "approve" ? "primary" : "default"} danger={verb !== "approve"} onClick={() => act.mutate({ id, verb })}>
      {label}
    </Button>
  );
  return (
    <Page title={texts.menu.allOrders}>
      <div className="bar">
        <Search label={texts.accounts.account} value={query.account} onSearch={(account) => address.set({ account })} width={200} />
        <Search label={texts.orders.id} value={query.main_search_key} onSearch={(id) => address.set({ id })} width={200} />
        <Select
          aria-label={texts.common.status}
          placeholder={texts.common.status}
          allowClear
          value={query.status}
          onChange={(status?: number) => address.set({ status })}
          options={Object.entries(texts.orderStatus).map(([value, label]) => ({ value: Number(value), label }))}
          style={{ width: 150 }}
        />
      </div>
      <PagedTable<Order>
        label={texts.menu.allOrders}
        of={["all orders", query]}
        address={address}
        rowKey="id"
        again={(found) => (found?.rows.some((order) => !hasEnded(order.status)) ? 3_000 : 15_000)}
        load={async (page) => {
          const found = await ask(api.GET("/ops/v1/work-orders", { params: { query: { ...query, ...page } } }));
          return { count: found.count, rows: found.work_orders };
        }}
        columns={[
          { title: texts.accounts.account, dataIndex: "account" },
          { title: texts.orders.id, dataIndex: "id", className: "code" },
          { title: texts.orders.type, dataIndex: "work_order_type", render: (type: number) => word(texts.orderType, type) },
          { title: texts.common.status, dataIndex: "status", render: (status: number) => <OrderStatus value={status} /> },
          { title: texts.orders.progress, key: "progress", width: 180, render: (_, order) => <Counts order={order} /> },
          { title: texts.orders.source, dataIndex: "work_order_source_desc" },
          { title: texts.common.created, dataIndex: "create_time", className: "number", render: format.moment },
          {
            title: texts.common.actions,
            key: "actions",
            render: (_, { id, status }) => (
              <Space>
                {status === 1 && button(id, "approve", texts.orders.approve)}
                {status === 1 && button(id, "reject", texts.orders.reject)}
                {!hasEnded(status) && button(id, "cancel", texts.common.cancel)}
              </Space>
            ),
          },
        ]}
      />
    </Page>
  );
}
