// Doing something with one card: choose, be told what it means, confirm, watch it end.
import { DownOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Dropdown, Form, Input, Modal, Select, Space, Typography } from "antd";
import { useState } from "react";
import type { Schemas } from "../api/client";
import { useTexts } from "../i18n";
import { ACTIONS, type Action, type Values } from "./actions";
import { Failure } from "./Frame";
import { OrderProgress } from "./OrderProgress";

/** In kbit/s: what one or the other carrier has. */
const SPEEDS = [256, 512, 1024, 2048, 3072, 5120, 7168, 7424, 10240, 20480, 51200, 102400, 153600];

function Fields({ action }: { action: Action }) {
  const texts = useTexts();
  const bindType = Form.useWatch<number | undefined>("bindType");
  const required = [{ required: true, message: texts.signIn.needed }];
  return (
    <>
      {action.needs.includes("quota") && (
        <Form.Item name="quota" label={texts.actions.thresholdMb} extra={texts.actions.thresholdHelp} rules={[...required, { pattern: /^(-1|\d{1,9})$/, message: texts.actions.thresholdHelp }]}>
          <Input inputMode="numeric" />
        </Form.Item>
      )}
      {action.needs.includes("speed") && (
        <Form.Item name="speed" label={texts.actions.speedLimit} rules={required}>
          <Select options={[{ value: -1, label: texts.card.noLimit }, ...SPEEDS.map((value) => ({ value, label: texts.card.kbps(String(value)) }))]} />
        </Form.Item>
      )}
      {action.needs.includes("bindType") && (
        <Form.Item name="bindType" label={texts.actions.bindType} rules={required} initialValue={1}>
          <Select options={Object.entries(texts.actions.bindTypes).map(([value, label]) => ({ value: Number(value), label }))} />
        </Form.Item>
      )}
      {action.needs.includes("imei") && bindType === 2 && (
        <Form.Item name="imei" label={texts.actions.imei} extra={texts.actions.imeiHelp} rules={[...required, { pattern: /^\d{15}$/, message: texts.actions.imeiHelp }]}>
          <Input inputMode="numeric" maxLength={15} />
        </Form.Item>
      )}
    </>
  );
}

export function CardActions({ card }: { card: Schemas["SimDeviceVO"] }) {
  const texts = useTexts();
  const client = useQueryClient();
  const [action, setAction] = useState<Action | null>(null);
  const [order, setOrder] = useState<number | null>(null);
  const [form] = Form.useForm<Values>();
  const place = useMutation({
    mutationFn: ({ action, values }: { action: Action; values: Values }) => action.place(card.sim_card_id, values),
    onSuccess: ({ work_order_id }) => {
      setAction(null);
      setOrder(work_order_id);
      void client.invalidateQueries({ queryKey: ["orders"] });
    },
  });
  const open = (chosen: Action) => {
    place.reset();
    setAction(chosen);
  };
  const fitting = ACTIONS.filter((one) => !one.states || one.states.includes(card.sim_status));
  const first = fitting.filter((one) => one.states);
  const others = fitting.filter((one) => !one.states);
  return (
    <>
      <Space wrap>
        {first.map((one) => (
          <Button key={one.key} danger={one.danger} type={one.danger ? "default" : "primary"} onClick={() => open(one)}>
            {one.title(texts)}
          </Button>
        ))}
        <Dropdown trigger={["click"]} menu={{ items: others.map((one) => ({ key: one.key, label: one.title(texts), danger: one.danger, onClick: () => open(one) })) }}>
          <Button>
            {texts.common.more} <DownOutlined />
          </Button>
        </Dropdown>
      </Space>
      <Modal
        open={action !== null}
        title={action && texts.actions.confirmOne(action.title(texts), card.iccid)}
        okText={texts.actions.go}
        okButtonProps={{ danger: action?.danger, loading: place.isPending }}
        cancelText={texts.common.cancel}
        onCancel={() => setAction(null)}
        onOk={() => form.submit()}
        destroyOnHidden
      >
        {action && (
          <Form<Values> form={form} layout="vertical" preserve={false} onFinish={(values) => place.mutate({ action, values })}>
            <Typography.Paragraph>{texts.actions.what[action.key]}</Typography.Paragraph>
            <Fields action={action} />
            {place.isError && <Failure error={place.error} />}
          </Form>
        )}
      </Modal>
      <OrderProgress id={order} close={() => setOrder(null)} />
    </>
  );
}
