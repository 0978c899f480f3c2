// One work order: how far it is, and each of its cards.
import { ArrowLeftOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Card as Panel, Descriptions, Popconfirm, Select, Space } from "antd";
import { Link, useNavigate, useParams } from "react-router-dom";
import { api, ask, type Answer, type Schemas } from "../api/client";
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
type Progress = Answer<"ShowWorkOrderProgress">;

const VERBS = ["cancel", "pause", "resume", "approve", "reject"] as const;
type Verb = (typeof VERBS)[number];

/** Says yes, no, or not now to an order. */
function say(verb: Verb, operator: boolean, work_order_id: number) {
  const params = { path: { work_order_id } };
  if (verb === "approve" || verb === "reject") return ask(api.POST(`/ops/v1/work-orders/{work_order_id}/${verb}`, { params }));
  return ask(operator ? api.POST(`/ops/v1/work-orders/{work_order_id}/${verb}`, { params }) : api.POST(`/v1/work-orders/{work_order_id}/${verb}`, { params }));
}

/** Taking an order back, holding it, trying again, and an operator's word on one in review. */
function Decisions({ id, status, failed, progress }: { id: number; status: number; failed: number; progress: Progress | undefined }) {
  const texts = useTexts();
  const client = useQueryClient();
  const navigate = useNavigate();
  const sayFailure = useSayFailure();
  const { message } = App.useApp();
  const mayWrite = useMayWrite();
  const operator = useSession().role === "operator";
  const said: Record<Verb, string> = {
    cancel: texts.orders.cancelled,
    pause: texts.orders.paused,
    resume: texts.orders.resume,
    approve: texts.orders.approved,
    reject: texts.orders.rejected,
  };
  const again = () => {
    for (const key of ["order", "orders"]) void client.invalidateQueries({ queryKey: [key] });
  };
  const act = useMutation({
    mutationFn: (verb: Verb) => say(verb, operator, id),
    onSuccess: (_, verb) => {
      void message.success(said[verb]);
      again();
    },
    onError: sayFailure,
  });
  const params = { path: { work_order_id: id } };
  const retry = useMutation({
    mutationFn: () => ask(operator ? api.POST("/ops/v1/work-orders/{work_order_id}/retry", { params }) : api.POST("/v1/work-orders/{work_order_id}/retry", { params })),
    onSuccess: ({ work_order_id }) => {
      again();
      if (!work_order_id) return;
      void message.success(texts.orders.retried(String(work_order_id)));
      void navigate(`/orders/${work_order_id}`);
    },
    onError: sayFailure,
  });
  if (!mayWrite) return null;
  const button = (verb: Verb, label: string, kind?: "primary") => (
    <Button key={verb} type={kind} danger={verb === "reject"} onClick={() => act.mutate(verb)}>
      {label}
    </Button>
  );
  return (
    <Space wrap>
      {operator && status === 1 && [button("approve", texts.orders.approve, "primary"), button("reject", texts.orders.reject)]}
      {progress?.state === "running" && progress.queued_count > 0 && button("pause", texts.orders.pause)}
      {progress?.state === "paused" && button("resume", texts.orders.resume, "primary")}
      {hasEnded(status) && failed > 0 && (
        <Button loading={retry.isPending} onClick={() => retry.mutate()}>
          {texts.orders.retry}
        </Button>
      )}
      {!hasEnded(status) && (
        <Popconfirm title={texts.orders.cancel} description={texts.orders.cancelWhat} okText={texts.common.confirm} cancelText={texts.common.close} onConfirm={() => act.mutate("cancel")}>
          <Button danger loading={act.isPending}>
            {texts.orders.cancel}
          </Button>
        </Popconfirm>
      )}
    </Space>
  );
}

/** Why cards failed, the commonest reason first. */
function Failures({ progress }: { progress: Progress }) {
  const texts = useTexts();
  const format = useFormat();
  if (progress.failures.length === 0) return null;
  return (
    <>
      <h2 style={{ fontSize: 14, margin: "12px 0 4px" }}>{texts.orders.failures}</h2>
      {progress.failures.map((failure) => (
        <div key={failure.description}>
          <span className="number">{format.number(failure.count)}</span> × {failure.description}
        </div>
      ))}
    </>
  );
}

export default function Order() {
  const texts = useTexts();
  const format = useFormat();
  const address = useAddress();
  const id = Number(useParams().id);
  const found = useOrder(id);
  const query = { main_search_key: address.text("cid"), status: address.number("status") };
  const running = found.data ? !hasEnded(found.data.status) : false;
  const progress = useQuery({
    queryKey: ["order", id, "progress", running],
    queryFn: () => ask(api.GET("/v1/work-orders/{work_order_id}/progress", { params: { path: { work_order_id: id } } })),
    refetchInterval: running ? 1_000 : false,
  });
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
      <Page title={texts.orders.details(String(id))} extra={<Decisions id={id} status={order.status} failed={order.fail_count} progress={progress.data} />}>
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
            {texts.orders.success} {format.number(order.success_count)} · {texts.orders.failed} {format.number(order.fail_count)} · {texts.orders.processing} {format.number(progress.data?.open_count ?? order.process_count)}
            {progress.data && progress.data.queued_count > 0 && ` · ${texts.orders.queued} ${format.number(progress.data.queued_count)}`}
          </span>
          {progress.data?.state === "paused" && <Alert type="warning" showIcon title={texts.orders.paused} style={{ marginTop: 8 }} />}
          {progress.data && <Failures progress={progress.data} />}
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
