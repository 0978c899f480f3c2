// Pools of both kinds: what they used in each billing cycle, and their cards.
import { useQuery } from "@tanstack/react-query";
import { Alert, Drawer, Segmented, Table } from "antd";
import { lazy, Suspense, useCallback, useMemo, useState } from "react";
import { Link } from "react-router-dom";
import { api, ask, type Schemas } from "../api/client";
import { useTexts, word } from "../i18n";
import { useAddress } from "../lib/address";
import { dashed, useFormat } from "../lib/format";
import { Failure, Page } from "../parts/Frame";
import { Meter } from "../parts/Meter";
import { PagedTable } from "../parts/PagedTable";
import { Search } from "../parts/Search";
import { Status } from "../parts/Status";

const Chart = lazy(() => import("../parts/Chart"));
type Kind = "forward" | "back";

interface Pool {
  id: number;
  pool_name: string;
  price_plan_name: string;
  billing_cycle: string;
  flow_total: number | null;
  flow_used: number;
  flow_left: number | null;
  quantity: number;
  activated: number;
  status: number;
  expired_time: string;
}

const ofForward = (pool: Schemas["SimPoolVO"]): Pool => ({ ...pool, activated: pool.activated_sim_quantity });
const ofBack = (pool: Schemas["BackPoolVO"]): Pool => ({ ...pool, activated: pool.activated_sim_quantity, flow_total: null, flow_left: null, status: pool.pool_status });

interface Filter {
  pool_name?: string;
  limit?: number;
  offset?: number;
  all_billing_cycle?: boolean;
}

async function pools(kind: Kind, query: Filter): Promise<{ count: number; rows: Pool[] }> {
  if (kind === "forward") {
    const found = await ask(api.GET("/v1/sim-pools", { params: { query } }));
    return { count: found.count, rows: found.pools.map(ofForward) };
  }
  const found = await ask(api.GET("/v1/back-pools", { params: { query } }));
  return { count: found.count, rows: found.pools.map(ofBack) };
}

function Members({ pool, kind }: { pool: Pool; kind: Kind }) {
  const texts = useTexts();
  const format = useFormat();
  const [page, setPage] = useState(1);
  const members = useQuery({
    queryKey: ["pools", kind, pool.id, "members", page],
    queryFn: async () => {
      const query = { limit: 10, offset: page };
      return kind === "forward"
        ? ask(api.GET("/v1/sim-pools/{sim_pool_id}/members", { params: { path: { sim_pool_id: pool.id }, query } }))
        : ask(api.GET("/v1/back-pools/{back_pool_id}/members", { params: { path: { back_pool_id: pool.id }, query } }));
    },
  });
  if (members.isError) return <Failure error={members.error} />;
  return (
    <Table<{ id: number; cid: string; flow_used: number }>
      size="small"
      aria-label={texts.pools.membersOf}
      rowKey="id"
      loading={members.isPending}
      dataSource={members.data?.pool_members}
      columns={[
        { title: texts.cards.cid, dataIndex: "cid", render: (cid: string) => <Link className="code" to={`/cards?find=${encodeURIComponent(cid)}`}>{cid}</Link> },
        { title: texts.pools.memberUsed, dataIndex: "flow_used", align: "end", className: "number", render: format.flow },
      ]}
      pagination={{ current: page, pageSize: 10, total: members.data?.count ?? 0, onChange: setPage, showSizeChanger: false, size: "small" }}
    />
  );
}

function History({ pool, kind }: { pool: Pool; kind: Kind }) {
  const texts = useTexts();
  const format = useFormat();
  const cycles = useQuery({
    queryKey: ["pools", kind, pool.id, "cycles"],
    queryFn: async () => {
      const found = await pools(kind, { pool_name: pool.pool_name, all_billing_cycle: true, limit: 500 });
      return found.rows.filter((row) => row.id === pool.id).sort((one, other) => one.billing_cycle.localeCompare(other.billing_cycle));
    },
  });
  const labels = useMemo(() => cycles.data?.map((row) => (row.billing_cycle.includes("-") ? row.billing_cycle : dashed(row.billing_cycle))) ?? [], [cycles.data]);
  const values = useMemo(() => cycles.data?.map((row) => row.flow_used) ?? [], [cycles.data]);
  const write = useCallback((value: number) => format.flow(value), [format]);
  if (cycles.isError) return <Failure error={cycles.error} />;
  return (
    <Suspense fallback={<div className="awaited" style={{ height: 200 }} />}>
      <Chart kind="bar" tone="teal" name={texts.pools.history} labels={labels} values={values} write={write} height={200} />
    </Suspense>
  );
}

export default function Pools() {
  const texts = useTexts();
  const format = useFormat();
  const address = useAddress();
  const kind: Kind = address.text("tab") === "back" ? "back" : "forward";
  const [open, setOpen] = useState<Pool | null>(null);
  const name = address.text("name");
  const words = kind === "forward" ? texts.pools.statusNames : texts.pools.backStatusNames;
  return (
    <Page title={texts.pools.title}>
      <div className="bar">
        <Segmented
          aria-label={texts.pools.title}
          value={kind}
          onChange={(value) => address.set({ tab: value === "back" ? "back" : undefined })}
          options={[
            { value: "forward", label: texts.pools.forward },
            { value: "back", label: texts.pools.back },
          ]}
        />
        <Search label={texts.pools.find} value={name} onSearch={(value) => address.set({ name: value })} />
      </div>
      <Alert type="info" title={texts.pools.note} style={{ marginBottom: 12 }} />
      <PagedTable<Pool>
        label={kind === "forward" ? texts.pools.forward : texts.pools.back}
        of={["pools", kind, name]}
        address={address}
        rowKey="id"
        load={({ limit, offset }) => pools(kind, { pool_name: name, limit, offset })}
        columns={[
          {
            title: texts.common.name,
            dataIndex: "pool_name",
            render: (text: string, pool) => (
              <button type="button" className="link" onClick={() => setOpen(pool)}>
                {text}
              </button>
            ),
          },
          { title: texts.common.status, dataIndex: "status", render: (status: number) => <Status tone={status === 1 ? "green" : status === -1 ? "amber" : "grey"} text={word(words, status)} /> },
          { title: texts.cards.plan, dataIndex: "price_plan_name" },
          { title: texts.pools.cycle, dataIndex: "billing_cycle", className: "number" },
          { title: texts.pools.used, dataIndex: "flow_used", align: "end", className: "number", render: format.flow },
          ...(kind === "forward"
            ? [
                { title: texts.pools.flow, dataIndex: "flow_total", align: "end" as const, className: "number", render: format.flow },
                {
                  title: texts.overview.share,
                  key: "share",
                  width: 140,
                  render: (_: unknown, pool: Pool) => {
                    const share = pool.flow_total ? pool.flow_used / pool.flow_total : 0;
                    return <Meter share={share} label={texts.overview.ofQuota(format.percent(share))} />;
                  },
                },
              ]
            : []),
          { title: texts.pools.members, key: "cards", align: "end", className: "number", render: (_, pool) => `${format.number(pool.activated)} / ${format.number(pool.quantity)}` },
          { title: texts.pools.expires, dataIndex: "expired_time", className: "number", render: format.date },
        ]}
      />
      <Drawer open={open !== null} onClose={() => setOpen(null)} title={open?.pool_name} size={560} destroyOnHidden>
        {open && (
          <div className="stack">
            <h2 style={{ margin: 0, fontSize: 15 }}>{texts.pools.history}</h2>
            <History pool={open} kind={kind} />
            <h2 style={{ margin: 0, fontSize: 15 }}>{texts.pools.membersOf}</h2>
            <Members pool={open} kind={kind} />
          </div>
        )}
      </Drawer>
    </Page>
  );
}
