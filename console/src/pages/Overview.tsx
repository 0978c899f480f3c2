// The fleet in figures; each leads to the list behind it.
import { useQuery } from "@tanstack/react-query";
import { Card, Empty, theme } from "antd";
import { lazy, Suspense, useCallback, useMemo, type ReactNode } from "react";
import { Link } from "react-router-dom";
import { api, ask, type Schemas } from "../api/client";
import { useTexts, word } from "../i18n";
import { dashed, useFormat } from "../lib/format";
import { Failure, Page, Waiting } from "../parts/Frame";
import { Meter } from "../parts/Meter";
import { Counts } from "../parts/OrderProgress";
import { SIM_TONES, Status } from "../parts/Status";

const Chart = lazy(() => import("../parts/Chart"));
const LINK_TONES = { healthy: "green", failing: "amber", down: "red" } as const;

function Tile({ label, value, note, to }: { label: string; value: string; note?: ReactNode; to?: string }) {
  const { token } = theme.useToken();
  const style = { background: token.colorBgContainer, borderColor: token.colorBorderSecondary, color: token.colorText };
  const inside = (
    <>
      <div className="label" style={{ color: token.colorTextSecondary }}>
        {label}
      </div>
      <div className="value">{value}</div>
      {note && (
        <div className="note" style={{ color: token.colorTextSecondary }}>
          {note}
        </div>
      )}
    </>
  );
  return to ? (
    <Link to={to} className="tile" style={style}>
      {inside}
    </Link>
  ) : (
    <div className="tile" style={style}>
      {inside}
    </div>
  );
}

interface Row {
  key: number;
  label: ReactNode;
  count: number;
  to?: string;
}

function Shares({ title, rows, total }: { title: string; rows: Row[]; total: number }) {
  const texts = useTexts();
  const format = useFormat();
  return (
    <Card title={title} size="small">
      <table className="rows" aria-label={title}>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              <td style={{ width: "45%" }}>{row.to ? <Link to={row.to}>{row.label}</Link> : row.label}</td>
              <td>
                <Meter plain share={total ? row.count / total : 0} label={`${texts.overview.share} ${format.percent(total ? row.count / total : 0)}`} />
              </td>
              <td className="number" style={{ width: 90 }}>
                {format.number(row.count)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={texts.common.empty} />}
    </Card>
  );
}

function Trend({ days }: { days: Schemas["DailyFlow"][] }) {
  const texts = useTexts();
  const labels = useMemo(() => days.map((day) => dashed(day.date).slice(5)), [days]);
  const values = useMemo(() => days.map((day) => Math.round((day.flow / 1024) * 100) / 100), [days]);
  const write = useCallback((value: number) => `${value} GB`, []);
  return (
    <Card title={texts.overview.trend} size="small" extra={<span style={{ fontSize: 12 }}>{texts.overview.trendNote}</span>}>
      {days.length === 0 ? (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={texts.overview.noTrend} />
      ) : (
        <Suspense fallback={<div className="awaited" style={{ height: 260 }} />}>
          <Chart kind="line" tone="blue" name={texts.overview.trend} labels={labels} values={values} write={write} />
        </Suspense>
      )}
    </Card>
  );
}

function TightPools() {
  const texts = useTexts();
  const format = useFormat();
  const pools = useQuery({
    queryKey: ["pools", "tight"],
    queryFn: async () => (await ask(api.GET("/v1/sim-pools", { params: { query: { limit: 500, status: [1] } } }))).pools,
  });
  const tight = (pools.data ?? [])
    .filter((pool) => pool.flow_total > 0)
    .map((pool) => ({ ...pool, share: pool.flow_used / pool.flow_total }))
    .sort((one, other) => other.share - one.share)
    .slice(0, 6);
  return (
    <Card title={texts.overview.pools} size="small" loading={pools.isPending} extra={<Link to="/pools">{texts.common.all}</Link>}>
      {pools.isError && <Failure error={pools.error} />}
      {!pools.isPending && tight.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={texts.overview.poolsNone} />}
      <table className="rows" aria-label={texts.overview.pools}>
        <tbody>
          {tight.map((pool) => (
            <tr key={pool.id}>
              <td style={{ width: "45%" }}>
                <Link to={`/pools?name=${encodeURIComponent(pool.pool_name)}`}>{pool.pool_name}</Link>
              </td>
              <td>
                <Meter share={pool.share} label={texts.overview.ofQuota(format.percent(pool.share))} />
              </td>
              <td className="number" style={{ width: 90 }}>
                {format.percent(pool.share)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

function OpenOrders() {
  const texts = useTexts();
  const orders = useQuery({
    queryKey: ["orders", "open"],
    queryFn: async () => (await ask(api.GET("/v1/work-orders", { params: { query: { limit: 10, status: 3 } } }))).work_orders,
    refetchInterval: 5_000,
  });
  return (
    <Card title={texts.overview.orders} size="small" loading={orders.isPending} extra={<Link to="/orders">{texts.common.all}</Link>}>
      {orders.isError && <Failure error={orders.error} />}
      {orders.data?.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={texts.overview.ordersNone} />}
      <div className="stack">
        {orders.data?.slice(0, 5).map((order) => (
          <div key={order.id}>
            <Link to={`/orders/${order.id}`}>{word(texts.orderType, order.work_order_type)}</Link>
            <Counts order={order} />
          </div>
        ))}
      </div>
    </Card>
  );
}

function Carriers({ links }: { links: Schemas["CarrierHealth"][] }) {
  const texts = useTexts();
  return (
    <Card title={texts.overview.carriers} size="small">
      {links.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={texts.overview.carriersNone} />}
      <table className="rows" aria-label={texts.overview.carriers}>
        <tbody>
          {links.map((link) => (
            <tr key={link.name}>
              <td>{link.name}</td>
              <td>
                <Status
                  tone={LINK_TONES[link.state as keyof typeof LINK_TONES] ?? "grey"}
                  text={texts.overview.carrierState[link.state] ?? link.state}
                />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}

export default function Overview() {
  const texts = useTexts();
  const format = useFormat();
  const overview = useQuery({ queryKey: ["overview"], queryFn: () => ask(api.GET("/v1/overview")) });
  if (overview.isPending) return <Waiting />;
  if (overview.isError) return <Failure error={overview.error} retry={() => void overview.refetch()} />;
  const view = overview.data;
  const count = (status: number) => view.by_sim_status.find((share) => share.value === status)?.count ?? 0;
  const quota = view.flow_used + view.flow_left;
  return (
    <Page title={texts.overview.title}>
      <div className="stack">
        <div className="grid tiles">
          <Tile label={texts.overview.cards} value={format.number(view.sim_count)} to="/cards" />
          <Tile label={texts.overview.inUse} value={format.number(count(20))} to="/cards?sim_status=20" />
          <Tile label={texts.overview.stopped} value={format.number(count(14))} to="/cards?sim_status=14" />
          <Tile label={texts.overview.usedUp} value={format.number(view.used_up_count)} to="/cards?sort=flow_left&order=asc" />
          {view.expiring
            .filter((horizon) => horizon.days === 30)
            .map((horizon) => (
              <Tile key={horizon.days} label={texts.overview.expiring(horizon.days)} value={format.number(horizon.count)} to="/cards?sort=expire_time&order=asc&sim_status=20" />
            ))}
          <Tile
            label={texts.overview.usedThisCycle}
            value={format.flow(view.flow_used)}
            note={texts.overview.ofQuota(format.percent(quota ? view.flow_used / quota : 0))}
            to="/cards?sort=flow_used&order=desc"
          />
        </div>
        <Trend days={view.daily_flow} />
        <div className="grid thirds">
          <Shares
            title={texts.overview.byStatus}
            total={view.sim_count}
            rows={view.by_sim_status.map(({ value, count }) => ({
              key: value,
              count,
              to: `/cards?sim_status=${value}`,
              label: <Status tone={SIM_TONES[value] ?? "grey"} text={word(texts.simStatus, value)} />,
            }))}
          />
          <Shares
            title={texts.overview.byType}
            total={view.sim_count}
            rows={view.by_sim_type.map(({ value, count }) => ({ key: value, count, to: `/cards?sim_type=${value}`, label: word(texts.simType, value) }))}
          />
          <Shares
            title={texts.overview.byCarrier}
            total={view.sim_count}
            rows={view.by_carrier.map(({ value, count }) => ({ key: value, count, label: word(texts.carrier, value) }))}
          />
        </div>
        <div className="grid thirds">
          <TightPools />
          <OpenOrders />
          <Carriers links={view.carriers} />
        </div>
      </div>
    </Page>
  );
}
