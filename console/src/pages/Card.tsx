// One card: what it is, what it used, what it has, and what can be done with it.
import { ArrowLeftOutlined, EditOutlined } from "@ant-design/icons";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Alert, App, Button, Card as Panel, Descriptions, Empty, Segmented, Space, Tag, Typography } from "antd";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { Link, useParams } from "react-router-dom";
import { api, ApiError, ask, type Schemas } from "../api/client";
import { useMayWrite, useSession } from "../api/session";
import { useTexts, word } from "../i18n";
import { slotOf, useAttributes } from "../lib/fleet";
import { dashed, months, useFormat } from "../lib/format";
import { CardActions } from "../parts/CardActions";
import { Failure, Page, useSayFailure, Waiting } from "../parts/Frame";
import { AttributesDialog, TagsDialog } from "../parts/Labels";
import { Meter } from "../parts/Meter";
import { OrderStatus, PlanStatus, SimStatus, Status } from "../parts/Status";

const Chart = lazy(() => import("../parts/Chart"));
type Sim = Schemas["SimDeviceVO"];

function Usage({ card }: { card: Sim }) {
  const texts = useTexts();
  const format = useFormat();
  const session = useSession();
  const [by, setBy] = useState<"day" | "cycle">("day");
  const ids = [card.sim_card_id];
  const usage = useQuery({
    queryKey: ["card", card.sim_card_id, "usage", by, session.now_ms],
    queryFn: async (): Promise<[string, number][]> => {
      if (by === "cycle") {
        const billing_cycles = months(session.now_ms, 6).reverse();
        const found = await ask(api.POST("/v1/sim-cards/month-usages", { body: { sim_card_ids: ids, billing_cycles } }));
        const flows = found.month_usages[0]?.flow_usages ?? [];
        return flows.map((one) => [dashed(one.billing_cycle), one.flow_used] as [string, number]).sort(([one], [other]) => one.localeCompare(other));
      }
      const [now = "", last = ""] = months(session.now_ms, 2);
      const of = (month: string) => ask(api.POST("/v1/sim-cards/batch-daily-flow", { body: { sim_card_ids: ids, month } }));
      // On the first of a month there is no day of it yet.
      const days = (await Promise.all([of(last), of(now).catch(() => [])])).flat();
      return days.map((day) => [dashed(day.date).slice(5), day.sim_flow[0]?.flow ?? 0]);
    },
  });
  const labels = useMemo(() => usage.data?.map(([label]) => label) ?? [], [usage.data]);
  const values = useMemo(() => usage.data?.map(([, value]) => value) ?? [], [usage.data]);
  const write = useCallback((value: number) => format.flow(value), [format]);
  return (
    <Panel
      size="small"
      title={texts.card.usage}
      extra={
        <Segmented
          size="small"
          aria-label={texts.card.usage}
          value={by}
          onChange={(value) => setBy(value as "day" | "cycle")}
          options={[
            { value: "day", label: texts.card.byDay },
            { value: "cycle", label: texts.card.byCycle },
          ]}
        />
      }
    >
      {usage.isError && <Failure error={usage.error} retry={() => void usage.refetch()} />}
      {usage.isSuccess && values.every((value) => value === 0) ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={texts.card.noUsage} />
      ) : (
        <Suspense fallback={<div className="awaited" style={{ height: 240 }} />}>
          <Chart kind="bar" tone="blue" name={texts.card.usage} labels={labels} values={values} write={write} height={240} />
        </Suspense>
      )}
      <Typography.Text type="secondary" style={{ fontSize: 12 }}>
        {texts.card.usageNote}
      </Typography.Text>
    </Panel>
  );
}

function Plans({ card }: { card: Sim }) {
  const texts = useTexts();
  const format = useFormat();
  const plans = useQuery({
    queryKey: ["card", card.sim_card_id, "plans"],
    queryFn: () => ask(api.GET("/v1/sim-price-plans", { params: { query: { sim_card_id: card.sim_card_id, limit: 50 } } })),
  });
  return (
    <Panel size="small" title={texts.card.plans} loading={plans.isPending}>
      {plans.isError && <Failure error={plans.error} />}
      {plans.data?.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={texts.card.noPlans} />}
      <div className="stack">
        {plans.data?.map((plan) => (
          <div key={plan.id}>
            <div className="line" style={{ justifyContent: "space-between" }}>
              <strong>{plan.price_plan_name}</strong>
              <PlanStatus value={plan.status} />
            </div>
            <div className="line" style={{ justifyContent: "space-between" }}>
              <span className="number">
                {format.date(plan.active_time)} – {format.date(plan.stop_time)}
              </span>
              <span className="number">
                {format.flow(plan.flow_used)} / {format.flow(plan.flow_total)}
              </span>
            </div>
            <Meter share={plan.flow_total ? plan.flow_used / plan.flow_total : 0} label={texts.overview.ofQuota(format.percent(plan.flow_total ? plan.flow_used / plan.flow_total : 0))} />
          </div>
        ))}
      </div>
    </Panel>
  );
}

function Orders({ card }: { card: Sim }) {
  const texts = useTexts();
  const format = useFormat();
  const orders = useQuery({
    queryKey: ["orders", "of", card.cid],
    queryFn: async () => {
      const found = await ask(api.GET("/v1/work-orders", { params: { query: { limit: 500 } } }));
      return found.work_orders.filter((order) => order.req_detail.split(":").at(-1) === card.cid);
    },
  });
  return (
    <Panel size="small" title={texts.card.orders} loading={orders.isPending} extra={<Link to="/orders">{texts.common.all}</Link>}>
      {orders.isError && <Failure error={orders.error} />}
      {orders.data?.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={texts.card.ordersNone} />}
      <table className="rows" aria-label={texts.card.orders}>
        <tbody>
          {orders.data?.slice(0, 8).map((order) => (
            <tr key={order.id}>
              <td>
                <Link to={`/orders/${order.id}`}>{word(texts.orderType, order.work_order_type)}</Link>
              </td>
              <td className="number">{format.moment(order.create_time)}</td>
              <td>
                <OrderStatus value={order.status} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Panel>
  );
}

const SERVICE_TONES = { up: "green", impaired: "amber", down: "red" } as const;
const SEVERITIES = { blocking: "error", warning: "warning", info: "info" } as const;

/** What is the matter with the card, in the server's words. */
function Diagnosis({ card }: { card: Sim }) {
  const texts = useTexts();
  const diagnosis = useQuery({
    queryKey: ["card", card.sim_card_id, "diagnosis", card.sim_status],
    queryFn: () => ask(api.GET("/v1/sim-cards/{sim_card_id}/diagnosis", { params: { path: { sim_card_id: card.sim_card_id } } })),
  });
  const found = diagnosis.data;
  return (
    <Panel
      size="small"
      title={texts.card.diagnosis}
      loading={diagnosis.isPending}
      extra={found && <Status tone={SERVICE_TONES[found.service as keyof typeof SERVICE_TONES] ?? "grey"} text={word(texts.card.service, found.service)} />}
    >
      {diagnosis.isError && <Failure error={diagnosis.error} />}
      {found?.findings.length === 0 && texts.card.fine}
      <div className="stack" style={{ gap: 8 }}>
        {found?.findings.map((finding) => (
          <Alert key={finding.code} type={SEVERITIES[finding.severity as keyof typeof SEVERITIES] ?? "info"} showIcon title={finding.message} />
        ))}
      </div>
    </Panel>
  );
}

function RealNamed({ card }: { card: Sim }) {
  const texts = useTexts();
  const { message } = App.useApp();
  const say = useSayFailure();
  const asked = useMutation({
    mutationFn: () => ask(api.GET("/v1/sim-cards/{sim_card_id}/real-named", { params: { path: { sim_card_id: card.sim_card_id } } })),
    onSuccess: (answer) => void message.info(answer.real_named ? texts.card.realNamedIs : texts.card.realNamedNot),
    onError: say,
  });
  return (
    <Space>
      {card.real_named ? texts.common.yes : texts.common.no}
      <Button size="small" type="link" loading={asked.isPending} onClick={() => asked.mutate()} style={{ padding: 0 }}>
        {texts.card.realNamedAsk}
      </Button>
    </Space>
  );
}

function Facts({ card }: { card: Sim }) {
  const texts = useTexts();
  const format = useFormat();
  const mayWrite = useMayWrite();
  const attributes = useAttributes();
  const [dialog, setDialog] = useState<"tags" | "attributes" | null>(null);
  const enabled = (attributes.data ?? []).filter((one) => one.status === 1);
  const own = Object.fromEntries(enabled.map((one) => [`customer_attribute${slotOf(one)}`, (card[`customer_attribute${slotOf(one)}` as keyof Sim] as string | null) ?? undefined]));
  const names = card.tag_names?.split(",").filter(Boolean) ?? [];
  const total = (card.flow_used ?? 0) + (card.flow_left ?? 0);
  const edit = (what: "tags" | "attributes", label: string) =>
    mayWrite && <Button size="small" type="text" icon={<EditOutlined />} aria-label={label} onClick={() => setDialog(what)} />;
  const text = (value: string | number | null | undefined) => value ?? "—";
  return (
    <div className="stack">
      <Panel size="small" title={texts.card.facts}>
        <Descriptions
          column={1}
          size="small"
          items={[
            { key: "state", label: texts.cards.state, children: <Space><SimStatus value={card.sim_status} />{card.operator_status !== -1 && <span>({word(texts.operatorStatus, card.operator_status)})</span>}</Space> },
            { key: "flow", label: texts.card.flow, children: <div style={{ width: "100%" }}>{format.flow(card.flow_used)} / {format.flow(total)}<Meter share={total ? (card.flow_used ?? 0) / total : 0} label={texts.overview.ofQuota(format.percent(total ? (card.flow_used ?? 0) / total : 0))} /></div> },
            { key: "plan", label: texts.cards.plan, children: text(card.price_plan_name) },
            { key: "expire", label: texts.cards.expires, children: format.moment(card.expire_time) },
            { key: "act", label: texts.cards.activated, children: format.moment(card.act_date) },
            { key: "pool", label: texts.cards.pool, children: card.sim_pool_id ? <Link to="/pools">{card.sim_pool_id}</Link> : "—" },
            { key: "threshold", label: texts.cards.threshold, children: card.exceed_cut_net_flag && card.exceed_cut_net_quota != null ? (card.exceed_cut_net_quota === -1 ? texts.cards.unlimited : format.flow(card.exceed_cut_net_quota)) : "—" },
            { key: "tags", label: texts.cards.tags, children: <Space size={4} wrap>{names.length ? names.map((name) => <Tag key={name}>{name}</Tag>) : texts.card.noTags}{edit("tags", texts.card.editTags)}</Space> },
          ]}
        />
      </Panel>
      <Panel size="small" title={texts.card.connection}>
        <Descriptions
          column={1}
          size="small"
          items={[
            { key: "cid", label: texts.cards.cid, children: <span className="code">{card.cid}</span> },
            { key: "type", label: texts.cards.type, children: word(texts.simType, card.sim_type) },
            { key: "msisdn", label: texts.cards.msisdn, children: <span className="code">{text(card.msisdn)}</span> },
            { key: "imsi", label: texts.cards.imsi, children: <span className="code">{text(card.imsi)}</span> },
            { key: "imei", label: texts.cards.imei, children: <span className="code">{text(card.imei)}</span> },
            { key: "network", label: texts.cards.network, children: <Space>{text(card.network_type)}{card.cut_net_flag && <Tag>{texts.card.cutOff}</Tag>}</Space> },
            { key: "speed", label: texts.cards.speed, children: card.speed_value == null ? "—" : card.speed_value === -1 ? texts.card.noLimit : texts.card.kbps(format.number(card.speed_value)) },
            { key: "named", label: texts.cards.realNamed, children: <RealNamed card={card} /> },
            ...(card.sim_type === 3
              ? []
              : [
                  { key: "device", label: texts.cards.device, children: `${word(texts.deviceStatus, card.device_status)} ${card.device_model ?? ""}` },
                  { key: "signal", label: texts.cards.signal, children: `${text(card.signal_level)} ${card.dbm ? `(${card.dbm} dBm)` : ""}` },
                ]),
            ...(card.imei_bind_remain_times == null ? [] : [{ key: "bind", label: texts.card.bindingsLeft, children: card.imei_bind_remain_times }]),
            { key: "order", label: texts.cards.order, children: card.order_id ? <Link to={`/cards?by=2&find=${card.order_id}`}>{card.order_id}</Link> : "—" },
          ]}
        />
      </Panel>
      {enabled.length > 0 && (
        <Panel size="small" title={texts.card.attributes} extra={edit("attributes", texts.card.editAttributes)}>
          <Descriptions column={1} size="small" items={enabled.map((one) => ({ key: one.id, label: one.cust_attr_name, children: text(own[`customer_attribute${slotOf(one)}`]) }))} />
        </Panel>
      )}
      {dialog === "tags" && <TagsDialog cards={[card.sim_card_id]} current={names} close={() => setDialog(null)} />}
      {dialog === "attributes" && <AttributesDialog cards={[card.sim_card_id]} current={own} close={() => setDialog(null)} />}
    </div>
  );
}

export default function Card() {
  const texts = useTexts();
  const mayWrite = useMayWrite();
  const { id } = useParams();
  const sim_card_id = Number(id);
  const found = useQuery({
    queryKey: ["card", sim_card_id],
    queryFn: () => ask(api.GET("/v1/sim-cards/{sim_card_id}", { params: { path: { sim_card_id } } })),
  });
  const back = (
    <Link to="/cards" aria-label={texts.card.back}>
      <ArrowLeftOutlined /> {texts.card.back}
    </Link>
  );
  if (found.isPending) return <Waiting />;
  if (found.isError) {
    const gone = found.error instanceof ApiError && ["GSL.00011001", "GSL.00010004"].includes(found.error.code);
    return (
      <div className="stack">
        {back}
        {gone ? <Alert type="warning" showIcon title={texts.card.gone} /> : <Failure error={found.error} retry={() => void found.refetch()} />}
      </div>
    );
  }
  const card = found.data;
  return (
    <>
      <div style={{ marginBottom: 8 }}>{back}</div>
      <Page title={texts.card.title(card.iccid)} extra={mayWrite && <CardActions card={card} />}>
        <div className="grid halves">
          <Facts card={card} />
          <div className="stack">
            <Diagnosis card={card} />
            <Usage card={card} />
            <Plans card={card} />
            <Orders card={card} />
          </div>
        </div>
      </Page>
    </>
  );
}
