// Doing something with many cards: one work order, tags, or attributes.
import { DownOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Button, Dropdown, Modal, Typography } from "antd";
import { useState } from "react";
import { api, ask } from "../api/client";
import { useTexts } from "../i18n";
import { useFormat } from "../lib/format";
import { ACTIONS, MANY } from "./actions";
import { Failure } from "./Frame";
import { OrderProgress } from "./OrderProgress";
import { AttributesDialog, TagsDialog } from "./Labels";

type Many = (typeof MANY)[number];

export function BulkActions({ cards }: { cards: number[] }) {
  const texts = useTexts();
  const format = useFormat();
  const client = useQueryClient();
  const [operation, setOperation] = useState<Many | null>(null);
  const [dialog, setDialog] = useState<"tags" | "attributes" | null>(null);
  const [order, setOrder] = useState<number | null>(null);
  const place = useMutation({
    mutationFn: (operation: Many) => ask(api.POST("/v1/work-orders", { body: { operation, sim_card_ids: cards } })),
    onSuccess: ({ work_order_id }) => {
      setOperation(null);
      setOrder(work_order_id ?? null);
      void client.invalidateQueries({ queryKey: ["orders"] });
    },
  });
  const count = format.number(cards.length);
  const action = ACTIONS.find((one) => one.key === operation);
  return (
    <>
      <Dropdown
        trigger={["click"]}
        menu={{
          items: ACTIONS.filter((one) => (MANY as readonly string[]).includes(one.key)).map((one) => ({
            key: one.key,
            label: one.title(texts),
            danger: one.danger,
            onClick: () => {
              place.reset();
              setOperation(one.key as Many);
            },
          })),
        }}
      >
        <Button size="small">
          {texts.common.actions} <DownOutlined />
        </Button>
      </Dropdown>
      <Button size="small" onClick={() => setDialog("tags")}>
        {texts.actions.tags}
      </Button>
      <Button size="small" onClick={() => setDialog("attributes")}>
        {texts.actions.attributes}
      </Button>
      <Modal
        open={operation !== null}
        title={action && texts.actions.confirmMany(action.title(texts), count)}
        okText={texts.actions.go}
        okButtonProps={{ danger: action?.danger, loading: place.isPending }}
        cancelText={texts.common.cancel}
        onCancel={() => setOperation(null)}
        onOk={() => operation && place.mutate(operation)}
      >
        {action && <Typography.Paragraph>{texts.actions.what[action.key]}</Typography.Paragraph>}
        <Typography.Paragraph>{texts.actions.many(count)}</Typography.Paragraph>
        {place.isError && <Failure error={place.error} />}
      </Modal>
      {dialog === "tags" && <TagsDialog cards={cards} close={() => setDialog(null)} />}
      {dialog === "attributes" && <AttributesDialog cards={cards} close={() => setDialog(null)} />}
      <OrderProgress id={order} close={() => setOrder(null)} />
    </>
  );
}
