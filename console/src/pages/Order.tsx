// One work order: how far it is, and each of its cards.
import { ArrowLeftOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Card as Panel, Descriptions, Popconfirm, Select, Space } from "antd";
import { Link, useParams } from "react-router-dom";
import { api, ask, type Schemas } from "../api/client";
import { useMayWrite, useSession } from "../api/session";
import { useTexts, word } from "../i18n";
import { useAddress } from "../lib/address";
import { useFormat } from "../lib/format";
import { Failure, Page, useSayFailure, Waiting } from "../parts/Frame";
import { Counts, hasEnded, useOrder } from "../parts/OrderProgress";
import { PagedTable } from "../parts/PagedTable";
import { Search } from "../parts/Search";
import { DetailStatus, OrderStatus } from "../parts/Status";

type Detail = Schemas["WorkOrderDetailVo"];

/** Taking an order back, and an operator's word on one in review. */
function Decisions({ id, status }: { id: number; status: number }) {
  const texts = useTexts();
  const client = useQueryClient();
  const say = useSayFailure();
  const { message } = App.useApp();
  const mayWrite = useMayWrite();
  const operator = useSession().role === "operator";
  const params = { path: { work_order_id: id } };
  const act = useMutation({
    mutationFn: (what: "cancel" | "approve" | "reject") =>
      what === "cancel"
        ? ask(operator ? api.POST("/ops/v1/work-orders/{work_order_id}/cancel", { params }) : api.POST("/v1/work-orders/{work_order_id}/cancel", { params }))
        : what === "approve"
          ? ask(api.POST("/ops/v1/work-orders/{work_order_id}/approve", { params }))
          : ask(api.POST("/ops/v1/work-orders/{work_order_id}/reject", { params })),
    onSuccess: (_, what) => {
      void message.success(what === "cancel" ? texts.orders.cancelled : what === "approve" ? texts.orders.approved : texts.orders.rejected);
      void client.invalidateQueries({ queryKey: ["order"] });
      void client.invalidateQueries({ queryKey: ["orders"] });
    },
    onError: say,
  });
  if (!mayWrite || hasEnded(status)) return null;
  return (
    <Space>
      {operator && status === 1 && (
        <>
          <Button type="primary" onClick={() => act.mutate("approve")}>
            {texts.orders.approve}
          </Button>
          <Button danger onClick={() => act.mutate("reject")}>
            {texts.orders.reject}
          </Button>
        </>
      )}
      <Popconfirm title={texts.orders.cancel} description={texts.orders.cancelWhat} okText={texts.common.confirm} cancelText={texts.common.close} onConfirm={() => act.mutate("cancel")}>
        <Button danger loading={act.isPending}>
          {texts.orders.cancel}
        </Button>
      </Popconfirm>
    </Space>
  );
}

export default function Order() {
  const texts = useTexts();
  const format = useFormat();
  const address = useAddress();
  const id = Number(useParams().id);
  const found = useOrder(id);
  const query = { main_search_key: address.text("cid"), status: address.number("status") };
  const back = (
    <div style={{ marginBottom: 8 }}>
      <Link to="/orders">
        <ArrowLeftOutlined /> {texts.orders.title}
      </Link>
    </div>
  );
  if (found.isPending) return <Waiting />;
  if (found.isError) return <Failure error={found.error} retry={() => void found.refetch()} />;
  const order = found.data;
  if (!order)
    return (
      <>
        {back}
        <Alert type="warning" showIcon title={texts.common.emptyFiltered} />
      </>
    );
  return (
    <>
      {back}
      <Page title={texts.orders.details(String(id))} extra={<Decisions id={id} status={order.status} />}>
        <Panel size="small" style={{ marginBottom: 16 }}>
          <Descriptions
            size="small"
            column={{ xs: 1, md: 2, xl: 3 }}
            items={[
              { key: "type", label: texts.orders.type, children: word(texts.orderType, order.work_order_type) },
              { key: "status", label: texts.common.status, children: <OrderStatus value={order.status} /> },
              { key: "source", label: texts.orders.source, children: order.work_order_source_desc },
              { key: "created", label: texts.common.created, children: format.moment(order.create_time) },
              { key: "finished", label: texts.orders.finished, children: format.moment(order.finish_time) },
              { key: "detail", label: texts.orders.detail, children: order.req_detail },
              ...(order.fail_reason ? [{ key: "reason", label: texts.orders.reason, children: order.fail_reason }] : []),
            ]}
          />
          <Counts order={order} />
          <span className="number">
            {texts.orders.success} {format.number(order.success_count)} · {texts.orders.failed} {format.number(order.fail_count)} · {texts.orders.processing} {format.number(order.process_count)}
          </span>
        </Panel>
        <div className="bar">
          <Search label={texts.cards.cid} value={address.text("cid")} onSearch={(cid) => address.set({ cid })} width={240} />
          <Select
            aria-label={texts.common.status}
            placeholder={texts.common.status}
            allowClear
            value={address.number("status")}
            onChange={(status?: number) => address.set({ status })}
            options={Object.entries(texts.detailStatus).map(([value, label]) => ({ value: Number(value), label }))}
            style={{ width: 150 }}
          />
        </div>
        <PagedTable<Detail>
          label={texts.orders.cards}
          of={["order", id, "details", query, order.process_count]}
          address={address}
          rowKey="id"
          load={async (page) => {
            const details = await ask(api.GET("/v1/work-orders/{work_order_id}/details", { params: { path: { work_order_id: id }, query: { ...query, ...page } } }));
            return { count: details.count, rows: details.work_order_details };
          }}
          columns={[
            { title: texts.cards.cid, dataIndex: "cid", render: (cid: string, detail) => <Link className="code" to={`/cards/${detail.sim_card_id}`}>{cid}</Link> },
            { title: texts.cards.type, dataIndex: "sim_type", render: (type: number) => word(texts.simType, type) },
            { title: texts.common.status, dataIndex: "status", render: (status: number) => <DetailStatus value={status} /> },
            { title: texts.common.created, dataIndex: "create_time", className: "number", render: format.moment },
            { title: texts.orders.finished, dataIndex: "finish_time", className: "number", render: format.moment },
            { title: texts.orders.reason, dataIndex: "description", render: (reason: string | null) => reason ?? "—" },
          ]}
        />
      </Page>
    </>
  );
}
