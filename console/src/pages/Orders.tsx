// Work orders, the running ones live.
import { Select } from "antd";
import { Link } from "react-router-dom";
import { api, ask, type Schemas } from "../api/client";
import { useTexts, word } from "../i18n";
import { useAddress } from "../lib/address";
import { useFormat } from "../lib/format";
import { Page } from "../parts/Frame";
import { Counts, hasEnded } from "../parts/OrderProgress";
import { PagedTable } from "../parts/PagedTable";
import { Search } from "../parts/Search";
import { OrderStatus } from "../parts/Status";

type Order = Schemas["WorkOrderVo"];

export default function Orders() {
  const texts = useTexts();
  const format = useFormat();
  const address = useAddress();
  const query = { main_search_key: address.text("id"), work_order_type: address.number("type"), status: address.number("status"), sim_type: address.number("sim_type") };
  const choice = (name: string, label: string, words: Record<number, string>, width: number) => (
    <Select
      aria-label={label}
      placeholder={label}
      allowClear
      value={address.number(name)}
      onChange={(value?: number) => address.set({ [name]: value })}
      options={Object.entries(words).map(([value, label]) => ({ value: Number(value), label }))}
      popupMatchSelectWidth={false}
      style={{ width }}
    />
  );
  return (
    <Page title={texts.orders.title}>
      <div className="bar">
        <Search label={texts.orders.id} value={address.text("id")} onSearch={(id) => address.set({ id })} width={220} />
        {choice("type", texts.orders.type, texts.orderType, 180)}
        {choice("status", texts.common.status, texts.orderStatus, 150)}
      </div>
      <PagedTable<Order>
        label={texts.orders.title}
        of={["orders", query]}
        address={address}
        rowKey="id"
        again={(found) => (found?.rows.some((order) => !hasEnded(order.status)) ? 2_000 : 10_000)}
        load={async (page) => {
          const found = await ask(api.GET("/v1/work-orders", { params: { query: { ...query, ...page } } }));
          return { count: found.count, rows: found.work_orders };
        }}
        columns={[
          { title: texts.orders.id, dataIndex: "id", render: (id: number) => <Link className="code" to={`/orders/${id}`}>{id}</Link> },
          { title: texts.orders.type, dataIndex: "work_order_type", render: (type: number) => word(texts.orderType, type) },
          { title: texts.common.status, dataIndex: "status", render: (status: number) => <OrderStatus value={status} /> },
          { title: texts.orders.progress, key: "progress", width: 180, render: (_, order) => <Counts order={order} /> },
          { title: texts.orders.source, dataIndex: "work_order_source_desc" },
          { title: texts.common.created, dataIndex: "create_time", className: "number", render: format.moment },
          { title: texts.orders.finished, dataIndex: "finish_time", className: "number", render: format.moment },
          { title: texts.orders.reason, dataIndex: "fail_reason", render: (reason: string | null) => reason ?? "—" },
        ]}
      />
    </Page>
  );
}
