// The filters of the card list that not everybody needs every day.
import { Card, InputNumber, Select, Space } from "antd";
import { useEffect, useState } from "react";
import { useTexts } from "../i18n";
import type { Address } from "../lib/address";
import { usePlanNames } from "../lib/fleet";
import { Search } from "./Search";

/** Their names in the address. */
export const FILTERS = [
  "sim_type",
  "device_status",
  "pool_flag",
  "price_plan_id",
  "real_named",
  "own",
  "min_used_flow",
  "max_used_flow",
  "min_left_flow",
  "max_left_flow",
  ...[1, 2, 3, 4, 5, 6].map((slot) => `customer_attribute${slot}`),
];

function Bound({ address, name, label }: { address: Address; name: string; label: string }) {
  const value = address.number(name);
  const [draft, setDraft] = useState<number | null>(value ?? null);
  useEffect(() => setDraft(value ?? null), [value]);
  const done = () => {
    if ((draft ?? undefined) !== value) address.set({ [name]: draft });
  };
  return <InputNumber aria-label={label} placeholder={label} min={0} precision={0} value={draft} onChange={setDraft} onBlur={done} onPressEnter={done} style={{ width: 120 }} />;
}

export function CardFilters({ address, attributes }: { address: Address; attributes: { slot: number; name: string }[] }) {
  const texts = useTexts();
  const plans = usePlanNames();
  const choice = (name: string, label: string, words: Record<number, string>) => (
    <Select
      aria-label={label}
      placeholder={label}
      allowClear
      value={address.number(name)}
      onChange={(value?: number) => address.set({ [name]: value })}
      options={Object.entries(words).map(([value, word]) => ({ value: Number(value), label: word }))}
      popupMatchSelectWidth={false}
      style={{ width: 150 }}
    />
  );
  return (
    <Card size="small" style={{ marginBottom: 12 }}>
      <div className="line" style={{ gap: 12 }}>
        {choice("sim_type", texts.cards.type, texts.simType)}
        {choice("pool_flag", texts.cards.poolFlag, texts.poolFlag)}
        {choice("device_status", texts.cards.device, texts.deviceStatus)}
        <Select
          aria-label={texts.cards.plan}
          placeholder={texts.cards.plan}
          mode="multiple"
          maxTagCount={1}
          maxCount={10}
          allowClear
          value={address.list("price_plan_id")}
          onChange={(ids: string[]) => address.set({ price_plan_id: ids.join(",") })}
          options={plans.data?.map((plan) => ({ value: plan.price_plan_id, label: plan.price_plan_name }))}
          optionFilterProp="label"
          popupMatchSelectWidth={false}
          style={{ minWidth: 180, maxWidth: 320 }}
        />
        <Select
          aria-label={texts.cards.realNamed}
          placeholder={texts.cards.realNamed}
          allowClear
          value={address.text("real_named")}
          onChange={(value?: string) => address.set({ real_named: value })}
          options={[
            { value: "true", label: texts.common.yes },
            { value: "false", label: texts.common.no },
          ]}
          style={{ width: 130 }}
        />
        <Select
          aria-label={texts.cards.reason}
          placeholder={texts.cards.reason}
          allowClear
          value={address.text("own")}
          onChange={(value?: string) => address.set({ own: value })}
          options={[{ value: "false", label: texts.cards.withoutOwn }]}
          popupMatchSelectWidth={false}
          style={{ width: 200 }}
        />
        <Space>
          <Bound address={address} name="min_used_flow" label={`${texts.cards.flowUsed} ≥`} />
          <Bound address={address} name="max_used_flow" label={`${texts.cards.flowUsed} ≤`} />
        </Space>
        <Space>
          <Bound address={address} name="min_left_flow" label={`${texts.cards.flowLeft} ≥`} />
          <Bound address={address} name="max_left_flow" label={`${texts.cards.flowLeft} ≤`} />
        </Space>
        {attributes.map(({ slot, name }) => (
          <Search key={slot} label={name} width={180} value={address.text(`customer_attribute${slot}`)} onSearch={(value) => address.set({ [`customer_attribute${slot}`]: value })} />
        ))}
      </div>
    </Card>
  );
}
