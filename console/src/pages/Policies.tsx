// Network switch policies: which network a three-network card prefers.
import { PlusOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Checkbox, Form, Input, Modal, Select } from "antd";
import { useState } from "react";
import { api, ask, type Schemas } from "../api/client";
import { useMayWrite } from "../api/session";
import { useTexts, word } from "../i18n";
import { useAddress } from "../lib/address";
import { useFormat } from "../lib/format";
import { Failure, Page } from "../parts/Frame";
import { PagedTable } from "../parts/PagedTable";
import { Search } from "../parts/Search";

type Policy = Schemas["NetworkSwitchPolicyVO"];
const ORDERS = ["1,2,3", "1,3,2", "2,1,3", "2,3,1", "3,1,2", "3,2,1"];

interface Draft {
  policy_name: string;
  version: number;
  preferred_carrier?: number;
  least_preferred_carrier?: number;
  optimal_signal?: boolean;
  auto_switch?: boolean;
  weak_signal_switch?: boolean;
  connect_ip?: string;
  switch_order?: string;
  blacklist?: number;
}

function NewPolicy({ close }: { close: () => void }) {
  const texts = useTexts();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [form] = Form.useForm<Draft>();
  const version = Form.useWatch("version", form);
  const make = useMutation({
    mutationFn: (draft: Draft) => ask(api.POST("/v1/network-switch-policies", { body: { ...draft, connect_ip: draft.connect_ip || undefined } })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["policies"] });
      void message.success(texts.policies.made);
      close();
    },
  });
  const required = [{ required: true, message: texts.signIn.needed }];
  const carriers = [1, 2, 3].map((value) => ({ value, label: word(texts.carrier, value) }));
  const inWords = (order: string) => order.split(",").map((one) => word(texts.carrier, Number(one))).join(" → ");
  return (
    <Modal open title={texts.policies.make} okText={texts.common.create} cancelText={texts.common.cancel} onCancel={close} onOk={() => form.submit()} okButtonProps={{ loading: make.isPending }}>
      <Form<Draft> form={form} layout="vertical" initialValues={{ version: 1, preferred_carrier: 3, least_preferred_carrier: 2, weak_signal_switch: true, switch_order: "1,2,3", blacklist: 0 }} onFinish={(draft) => make.mutate(draft)}>
        <Form.Item name="policy_name" label={texts.common.name} rules={required}>
          <Input maxLength={32} autoFocus />
        </Form.Item>
        <Form.Item name="version" label={texts.policies.version} rules={required}>
          <Select options={Object.entries(texts.multi.versions).map(([value, label]) => ({ value: Number(value), label }))} />
        </Form.Item>
        {version === 1 ? (
          <>
            <Form.Item name="preferred_carrier" label={texts.policies.preferred}>
              <Select options={[...carriers, { value: 4, label: texts.policies.lastUsed }]} />
            </Form.Item>
            <Form.Item name="least_preferred_carrier" label={texts.policies.least}>
              <Select options={carriers} />
            </Form.Item>
            {(["optimal_signal", "auto_switch", "weak_signal_switch"] as const).map((name) => (
              <Form.Item key={name} name={name} valuePropName="checked" style={{ marginBottom: 4 }}>
                <Checkbox>{name === "optimal_signal" ? texts.policies.optimal : name === "auto_switch" ? texts.policies.auto : texts.policies.weak}</Checkbox>
              </Form.Item>
            ))}
            <Form.Item name="connect_ip" label={texts.policies.connectIp}>
              <Input maxLength={64} />
            </Form.Item>
          </>
        ) : (
          <>
            <Form.Item name="switch_order" label={texts.policies.order} rules={required}>
              <Select options={ORDERS.map((value) => ({ value, label: inWords(value) }))} />
            </Form.Item>
            <Form.Item name="blacklist" label={texts.policies.blacklist}>
              <Select options={[{ value: 0, label: texts.common.none }, ...carriers]} />
            </Form.Item>
          </>
        )}
      </Form>
      {make.isError && <Failure error={make.error} />}
    </Modal>
  );
}

export default function Policies() {
  const texts = useTexts();
  const format = useFormat();
  const address = useAddress();
  const mayWrite = useMayWrite();
  const [making, setMaking] = useState(false);
  const query = { policy_name: address.text("name"), version: address.number("version") };
  const order = (policy: Policy) =>
    policy.version === 1
      ? `${policy.preferred_carrier === 4 ? texts.policies.lastUsed : word(texts.carrier, policy.preferred_carrier)} … ${word(texts.carrier, policy.least_preferred_carrier)}`
      : (policy.switch_order ?? "").split(",").map((one) => word(texts.carrier, Number(one))).join(" → ");
  return (
    <Page
      title={texts.policies.title}
      extra={
        mayWrite && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)}>
            {texts.policies.make}
          </Button>
        )
      }
    >
      <div className="bar">
        <Search label={texts.common.name} value={query.policy_name} onSearch={(name) => address.set({ name })} />
      </div>
      <PagedTable<Policy>
        label={texts.policies.title}
        of={["policies", query]}
        address={address}
        rowKey="id"
        load={async (page) => {
          const found = await ask(api.GET("/v1/network-switch-policies", { params: { query: { ...query, ...page } } }));
          return { count: found.count, rows: found.network_switch_policy_list };
        }}
        columns={[
          { title: texts.common.name, dataIndex: "policy_name" },
          { title: texts.policies.version, dataIndex: "version", render: (version: number) => word(texts.multi.versions, version) },
          { title: texts.policies.order, key: "order", render: (_, policy) => order(policy) },
          { title: texts.policies.blacklist, dataIndex: "blacklist", render: (carrier: number) => (carrier ? word(texts.carrier, carrier) : "—") },
          { title: texts.plans.kind, dataIndex: "type", render: (type: number) => (type === 0 ? texts.policies.system : texts.policies.own) },
          { title: texts.common.status, dataIndex: "used", render: (used: boolean) => (used ? texts.policies.used : texts.policies.unused) },
          { title: texts.common.created, dataIndex: "create_time", className: "number", render: format.date },
        ]}
      />
      {making && <NewPolicy close={() => setMaking(false)} />}
    </Page>
  );
}
