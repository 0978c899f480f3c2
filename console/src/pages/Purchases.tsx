// What was bought for cards and pools: the operator's purchase orders.
import { PlusOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { App, Button, Form, Input, Modal, Popconfirm, Select } from "antd";
import { useState } from "react";
import { api, ask, type Answer } from "../api/client";
import { useTexts } from "../i18n";
import { useAddress } from "../lib/address";
import { usePlanNames } from "../lib/fleet";
import { useFormat } from "../lib/format";
import { Failure, Page, useSayFailure } from "../parts/Frame";
import { PagedTable } from "../parts/PagedTable";
import { Search } from "../parts/Search";

type Purchase = Answer<"ListPurchaseOrders">["orders"][number];

interface Draft {
  account: string;
  price_plan_id: string;
  iccids: string;
}

function NewPurchase({ placed, close }: { placed: (id: number) => void; close: () => void }) {
  const texts = useTexts();
  const plans = usePlanNames();
  const [form] = Form.useForm<Draft>();
  const buy = useMutation({
    mutationFn: ({ account, price_plan_id, iccids }: Draft) =>
      ask(api.POST("/ops/v1/orders", { body: { account, price_plan_id, iccids: iccids.split(/[\s,;]+/).filter(Boolean) } })),
    onSuccess: ({ order_id }) => placed(order_id),
  });
  const rules = [{ required: true, message: texts.signIn.needed }];
  return (
    <Modal open title={texts.purchases.make} okText={texts.common.create} cancelText={texts.common.cancel} onCancel={close} onOk={() => form.submit()} okButtonProps={{ loading: buy.isPending }}>
      <Form<Draft> form={form} layout="vertical" onFinish={(draft) => buy.mutate(draft)}>
        <Form.Item name="account" label={texts.accounts.account} rules={rules}>
          <Input maxLength={64} autoFocus />
        </Form.Item>
        <Form.Item name="price_plan_id" label={texts.purchases.plan} rules={rules}>
          <Select showSearch optionFilterProp="label" loading={plans.isPending} options={plans.data?.map((plan) => ({ value: plan.price_plan_id, label: plan.price_plan_name }))} />
        </Form.Item>
        <Form.Item name="iccids" label={texts.purchases.iccids} extra={texts.purchases.iccidsHelp} rules={rules}>
          <Input.TextArea rows={4} />
        </Form.Item>
      </Form>
      {buy.isError && <Failure error={buy.error} />}
    </Modal>
  );
}

export default function Purchases() {
  const texts = useTexts();
  const format = useFormat();
  const address = useAddress();
  const client = useQueryClient();
  const say = useSayFailure();
  const { message } = App.useApp();
  const [making, setMaking] = useState(false);
  const account = address.text("account");
  const placed = (id: number) => {
    setMaking(false);
    void message.success(texts.purchases.placed(String(id)));
    void client.invalidateQueries({ queryKey: ["purchases"] });
  };
  const renew = useMutation({
    mutationFn: ({ order_id, account }: Purchase) => ask(api.POST("/ops/v1/orders/{order_id}/renew", { params: { path: { order_id } }, body: { account } })),
    onSuccess: ({ order_id }) => placed(order_id),
    onError: say,
  });
  return (
    <Page
      title={texts.purchases.title}
      extra={
        <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)}>
          {texts.purchases.make}
        </Button>
      }
    >
      <div className="bar">
        <Search label={texts.accounts.account} value={account} onSearch={(value) => address.set({ account: value })} width={220} />
      </div>
      <PagedTable<Purchase>
        label={texts.purchases.title}
        of={["purchases", account]}
        address={address}
        rowKey="order_id"
        load={async (page) => {
          const found = await ask(api.GET("/ops/v1/orders", { params: { query: { account, ...page } } }));
          return { count: found.count, rows: found.orders };
        }}
        columns={[
          { title: texts.purchases.order, dataIndex: "order_id", className: "code" },
          { title: texts.accounts.account, dataIndex: "account" },
          { title: texts.purchases.kind, dataIndex: "kind" },
          { title: texts.common.status, dataIndex: "status" },
          { title: texts.cards.plan, dataIndex: "price_plan_id", className: "code", render: (plan: string | null) => plan ?? "—" },
          { title: texts.purchases.quantity, dataIndex: "quantity", align: "end", className: "number", render: format.number },
          { title: texts.common.created, dataIndex: "create_time", className: "number", render: format.moment },
          {
            title: texts.common.actions,
            key: "actions",
            render: (_, order) => (
              <Popconfirm title={texts.purchases.renewAsk} okText={texts.purchases.renew} cancelText={texts.common.cancel} onConfirm={() => renew.mutate(order)}>
                <Button size="small">{texts.purchases.renew}</Button>
              </Popconfirm>
            ),
          },
        ]}
      />
      {making && <NewPurchase placed={placed} close={() => setMaking(false)} />}
    </Page>
  );
}
