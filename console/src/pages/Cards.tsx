// Every card of the account: found, filtered, sorted and paged by the server; the whole view is in the address.
import { FilterOutlined, SettingOutlined } from "@ant-design/icons";
import { Badge, Button, Checkbox, Popover, Select, Space, Tag, type TableProps } from "antd";
import { useMemo, useState } from "react";
import { Link } from "react-router-dom";
import { api, ask, type Schemas } from "../api/client";
import type { operations } from "../api/schema";
import { useMayWrite } from "../api/session";
import { useTexts, word, type Texts } from "../i18n";
import { useAddress, type Address } from "../lib/address";
import { useAttributes, slotOf, useTags } from "../lib/fleet";
import { useFormat, type Format } from "../lib/format";
import { BulkActions } from "../parts/BulkActions";
import { CardFilters, FILTERS } from "../parts/CardFilters";
import { Page, useSayFailure } from "../parts/Frame";
import { PagedTable, type Rows } from "../parts/PagedTable";
import { Search } from "../parts/Search";
import { SimStatus } from "../parts/Status";

type Sim = Schemas["SimDeviceVO"];
type Query = NonNullable<operations["ListSimCards"]["parameters"]["query"]>;
type Column = NonNullable<TableProps<Sim>["columns"]>[number] & { key: string };

/** Cards that one request may name. */
const CHOSEN_MAX = 500;
const SORTS = ["cid", "flow_used", "flow_left", "act_date", "expire_time"];
const SHOWN = ["iccid", "sim_status", "sim_type", "price_plan_name", "flow_used", "flow_left", "expire_time", "tag_names"];

/** The server's query for what the address says. */
function queryOf(address: Address): Query {
  const query: Query = {};
  const key = address.text("find");
  if (key) Object.assign(query, { main_search_key: key, main_search_type: address.number("by") ?? 1 });
  for (const name of ["sim_status", "sim_type", "device_status", "pool_flag", "min_used_flow", "max_used_flow", "min_left_flow", "max_left_flow"] as const)
    query[name] = address.number(name);
  const tags = address.list("tag_id").map(Number);
  if (tags.length) query.tag_id = tags;
  const plans = address.list("price_plan_id");
  if (plans.length) query.price_plan_id = plans;
  const named = address.text("real_named");
  if (named) query.real_named = named === "true";
  if (address.text("own") === "false") query.filter_downtime_period = true;
  for (const slot of [1, 2, 3, 4, 5, 6] as const) query[`customer_attribute${slot}`] = address.text(`customer_attribute${slot}`);
  const sort = address.text("sort");
  if (sort && SORTS.includes(sort)) Object.assign(query, { sort, order: address.text("order") === "desc" ? "desc" : "asc" });
  return query;
}

/** The filters of a query alone, as they stand in an address. */
function filterOf({ sort: _sort, order: _order, ...filters }: Query): string {
  const given = Object.entries(filters).filter(([, value]) => value !== undefined);
  return new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString();
}

function columnsOf(texts: Texts, format: Format, attributes: { slot: number; name: string }[]): Column[] {
  const plain = (key: keyof Sim & string, title: string, className?: string): Column => ({
    key,
    title,
    dataIndex: key,
    className,
    render: (value: string | number | null) => value ?? "—",
  });
  return [
    { key: "iccid", title: texts.cards.iccid, dataIndex: "iccid", fixed: "start", render: (iccid: string, card) => <Link className="code" to={`/cards/${card.sim_card_id}`}>{iccid}</Link> },
    { ...plain("cid", texts.cards.cid, "code"), sorter: true },
    { key: "sim_status", title: texts.cards.state, dataIndex: "sim_status", render: (value: number) => <SimStatus value={value} /> },
    { key: "operator_status", title: texts.cards.reason, dataIndex: "operator_status", render: (value: number) => (value === -1 ? "—" : word(texts.operatorStatus, value)) },
    { key: "sim_type", title: texts.cards.type, dataIndex: "sim_type", render: (value: number) => word(texts.simType, value) },
    plain("price_plan_name", texts.cards.plan),
    { key: "flow_used", title: texts.cards.used, dataIndex: "flow_used", align: "end", className: "number", sorter: true, render: format.flow },
    { key: "flow_left", title: texts.cards.left, dataIndex: "flow_left", align: "end", className: "number", sorter: true, render: format.flow },
    { key: "act_date", title: texts.cards.activated, dataIndex: "act_date", className: "number", sorter: true, render: format.date },
    { key: "expire_time", title: texts.cards.expires, dataIndex: "expire_time", className: "number", sorter: true, render: format.date },
    { key: "tag_names", title: texts.cards.tags, dataIndex: "tag_names", render: (names: string | null) => <Space size={4}>{names?.split(",").map((name) => <Tag key={name}>{name}</Tag>) ?? "—"}</Space> },
    plain("msisdn", texts.cards.msisdn, "code"),
    plain("imsi", texts.cards.imsi, "code"),
    plain("imei", texts.cards.imei, "code"),
    { key: "real_named", title: texts.cards.realNamed, dataIndex: "real_named", render: (value: boolean) => (value ? texts.common.yes : texts.common.no) },
    { key: "device_status", title: texts.cards.device, dataIndex: "device_status", render: (value: number | null) => word(texts.deviceStatus, value) },
    plain("order_id", texts.cards.order, "number"),
    ...attributes.map(({ slot, name }) => plain(`customer_attribute${slot}` as keyof Sim & string, name)),
  ];
}

function ColumnChoice({ all, shown, choose }: { all: Column[]; shown: string[]; choose: (keys: string[]) => void }) {
  const texts = useTexts();
  return (
    <Popover
      trigger="click"
      placement="bottomRight"
      content={
        <Checkbox.Group
          value={shown}
          onChange={(keys) => choose(all.map((column) => column.key).filter((key) => keys.includes(key)))}
          options={all.map((column) => ({ value: column.key, label: column.title as string, disabled: column.key === "iccid" }))}
          style={{ display: "grid", gap: 6, maxHeight: 380, overflowY: "auto" }}
        />
      }
    >
      <Button icon={<SettingOutlined />}>{texts.common.columns}</Button>
    </Popover>
  );
}

export default function Cards() {
  const texts = useTexts();
  const format = useFormat();
  const address = useAddress();
  const mayWrite = useMayWrite();
  const say = useSayFailure();
  const tags = useTags();
  const attributes = useAttributes();
  const [filtering, setFiltering] = useState(() => FILTERS.some((name) => address.text(name) !== undefined));
  const [chosen, setChosen] = useState<number[]>([]);
  const [found, setFound] = useState<Rows<Sim>>({ count: 0, rows: [] });
  const [choosing, setChoosing] = useState(false);
  const query = useMemo(() => queryOf(address), [address]);

  const named = useMemo(
    () => (attributes.data ?? []).filter((one) => one.status === 1).map((one) => ({ slot: slotOf(one), name: one.cust_attr_name })),
    [attributes.data],
  );
  const all = useMemo(() => columnsOf(texts, format, named), [texts, format, named]);
  const wanted = address.list("columns");
  const shown = wanted.length ? wanted : SHOWN;
  const sort = address.text("sort");
  const columns = all
    .filter((column) => shown.includes(column.key))
    .map((column) => (column.key === sort ? { ...column, sortOrder: address.text("order") === "desc" ? ("descend" as const) : ("ascend" as const) } : column.sorter ? { ...column, sortOrder: null } : column));

  const chooseMatching = async () => {
    setChoosing(true);
    try {
      const found = await ask(api.GET("/v1/sim-cards", { params: { query: { ...query, limit: CHOSEN_MAX, offset: 1 } } }));
      setChosen(found.sim_cards.map((card) => card.sim_card_id));
    } catch (error) {
      say(error);
    } finally {
      setChoosing(false);
    }
  };

  const set = FILTERS.filter((name) => address.text(name) !== undefined).length;
  return (
    <Page title={texts.cards.title}>
      <div className="bar">
        <Space.Compact style={{ maxWidth: "100%" }}>
          <Select
            aria-label={texts.cards.findBy}
            value={address.number("by") ?? 1}
            onChange={(by) => address.set({ by: by === 1 ? undefined : by })}
            options={[
              { value: 1, label: texts.cards.findBy1 },
              { value: 2, label: texts.cards.findBy2 },
              { value: 3, label: texts.cards.findBy3 },
            ]}
            popupMatchSelectWidth={false}
            style={{ width: 180 }}
          />
          <Search label={word({ 1: texts.cards.findBy1, 2: texts.cards.findBy2, 3: texts.cards.findBy3 }, address.number("by") ?? 1)} value={address.text("find")} onSearch={(find) => address.set({ find })} />
        </Space.Compact>
        <Select
          aria-label={texts.cards.state}
          placeholder={texts.cards.state}
          allowClear
          value={address.number("sim_status")}
          onChange={(value?: number) => address.set({ sim_status: value })}
          options={Object.entries(texts.simStatus).map(([value, label]) => ({ value: Number(value), label }))}
          style={{ width: 140 }}
        />
        <Select
          aria-label={texts.cards.tag}
          placeholder={texts.cards.tag}
          mode="multiple"
          maxTagCount={1}
          maxCount={10}
          allowClear
          loading={tags.isPending}
          value={address.list("tag_id").map(Number)}
          onChange={(ids: number[]) => address.set({ tag_id: ids.join(",") })}
          options={tags.data?.map((tag) => ({ value: tag.id, label: tag.tag_name }))}
          optionFilterProp="label"
          style={{ minWidth: 160, maxWidth: 280 }}
        />
        <Badge count={set} size="small">
          <Button icon={<FilterOutlined />} aria-expanded={filtering} onClick={() => setFiltering(!filtering)}>
            {texts.cards.filters}
          </Button>
        </Badge>
        {address.filtered && <Button onClick={() => address.clear()}>{texts.common.reset}</Button>}
        <span style={{ flex: 1 }} />
        <ColumnChoice all={all} shown={shown} choose={(keys) => address.set({ columns: keys.join() === SHOWN.join() ? undefined : keys.join(","), page: address.page })} />
      </div>
      {filtering && <CardFilters address={address} attributes={named} />}
      {mayWrite && (
        <div className="bar" style={{ minHeight: 32 }}>
          {chosen.length === 0 ? (
            <>
              <Button size="small" disabled={found.count === 0} onClick={() => setChosen(found.rows.map((card) => card.sim_card_id))}>
                {texts.cards.selectPage}
              </Button>
              <Button size="small" loading={choosing} disabled={found.count === 0} onClick={() => void chooseMatching()}>
                {texts.cards.selectMatching(format.number(Math.min(CHOSEN_MAX, found.count)))}
              </Button>
              {address.filtered && found.count > 0 && <BulkActions many={{ filter: filterOf(query), count: found.count }} />}
            </>
          ) : (
            <>
              <strong>{texts.common.selected(format.number(chosen.length))}</strong>
              <BulkActions many={{ ids: chosen }} />
              <Button size="small" type="text" onClick={() => setChosen([])}>
                {texts.cards.clearSelection}
              </Button>
              {chosen.length >= CHOSEN_MAX && <span className="quiet">{texts.cards.bulkLimit(format.number(CHOSEN_MAX))}</span>}
            </>
          )}
        </div>
      )}
      <PagedTable<Sim>
        label={texts.cards.table}
        of={["cards", query]}
        shown={setFound}
        address={address}
        rowKey="sim_card_id"
        columns={columns}
        load={async ({ limit, offset }) => {
          const found = await ask(api.GET("/v1/sim-cards", { params: { query: { ...query, limit, offset } } }));
          return { count: found.count, rows: found.sim_cards };
        }}
        onChange={(_pages, _filters, sorter, { action }) => {
          if (action !== "sort" || Array.isArray(sorter)) return;
          const order = sorter.order === "descend" ? "desc" : sorter.order === "ascend" ? "asc" : undefined;
          address.set({ sort: order && String(sorter.columnKey), order });
        }}
        rowSelection={
          mayWrite
            ? {
                selectedRowKeys: chosen,
                preserveSelectedRowKeys: true,
                // The table hides a copy of its head to measure it, which no box that takes the focus may be in.
                hideSelectAll: true,
                columnTitle: <span className="unseen">{texts.cards.chooseRow}</span>,
                onChange: (keys) => setChosen(keys.map(Number).slice(0, CHOSEN_MAX)),
                getCheckboxProps: (card) => ({ "aria-label": `${texts.cards.chooseRow} ${card.iccid}` }) as object,
              }
            : undefined
        }
      />
    </Page>
  );
}
