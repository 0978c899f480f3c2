// Doing something with one card: choose, be told what it means, confirm, watch it end.
import { DownOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Dropdown, Form, Modal, Space, Typography } from "antd";
import { useState } from "react";
import type { Schemas } from "../api/client";
import { useTexts } from "../i18n";
import { ACTIONS, type Action, type Values } from "./actions";
import { Fields } from "./Fields";
import { Failure } from "./Frame";
import { OrderProgress } from "./OrderProgress";

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
