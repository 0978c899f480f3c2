// The catalogue of plans.
import { Select } from "antd";
import { Link } from "react-router-dom";
import { api, ask, type Schemas } from "../api/client";
import { useTexts, word } from "../i18n";
import { useAddress } from "../lib/address";
import { useFormat } from "../lib/format";
import { Page } from "../parts/Frame";
import { PagedTable } from "../parts/PagedTable";
import { Search } from "../parts/Search";

export default function Plans() {
  const texts = useTexts();
  const format = useFormat();
  const address = useAddress();
  const query = { main_search_key: address.text("name"), carrier_type: address.number("carrier") };
  return (
    <Page title={texts.plans.title}>
      <div className="bar">
        <Search label={texts.plans.find} value={address.text("name")} onSearch={(name) => address.set({ name })} />
        <Select
          aria-label={texts.plans.carrier}
          placeholder={texts.plans.carrier}
          allowClear
          value={address.number("carrier")}
          onChange={(carrier?: number) => address.set({ carrier })}
          options={Object.entries(texts.carrier).map(([value, label]) => ({ value: Number(value), label }))}
          popupMatchSelectWidth={false}
          style={{ width: 200 }}
        />
      </div>
      <PagedTable<Schemas["ProPricePlanVo"]>
        label={texts.plans.catalogue}
        of={["plans", query]}
        address={address}
        rowKey="price_plan_id"
        load={async (page) => {
          const found = await ask(api.GET("/v1/price-plans", { params: { query: { ...query, ...page } } }));
          return { count: found.count, rows: found.price_plans };
        }}
        columns={[
          { title: texts.common.name, dataIndex: "price_plan_name", render: (name: string, plan) => <Link to={`/cards?price_plan_id=${encodeURIComponent(plan.price_plan_id)}`}>{name}</Link> },
          { title: texts.plans.carrier, dataIndex: "carrier_type", render: (carrier: number) => word(texts.carrier, carrier) },
          { title: texts.plans.type, dataIndex: "sim_type", render: (type: number) => word(texts.simType, type) },
          { title: texts.plans.kind, dataIndex: "package_type", render: (type: number) => word(texts.packageType, type) },
          { title: texts.plans.flow, dataIndex: "flow_total", align: "end", className: "number", render: format.flow },
          { title: texts.plans.period, key: "period", className: "number", render: (_, plan) => `${plan.period} ${word(texts.periodUnit, plan.period_type)}` },
          { title: texts.plans.effect, dataIndex: "effect_type", render: (effect: number) => word(texts.effect, effect) },
          { title: texts.plans.renew, dataIndex: "auto_renew", render: (renew: boolean) => (renew ? texts.common.yes : texts.common.no) },
        ]}
      />
    </Page>
  );
}
