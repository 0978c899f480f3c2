// Doing something with many cards: foreseen first, then one work order; or tags, or attributes.
import { DownOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Dropdown, Form, Modal, Spin, Typography } from "antd";
import { useEffect, useState } from "react";
import { api, ask, type Schemas } from "../api/client";
import { useTexts } from "../i18n";
import { useFormat } from "../lib/format";
import { ACTIONS, operationOf, type Action, type Values } from "./actions";
import { Fields } from "./Fields";
import { Failure } from "./Frame";
import { AttributesDialog, TagsDialog } from "./Labels";
import { OrderProgress } from "./OrderProgress";

/** Cards by their ids, or all that a query of the card list finds. */
export type Many = { ids: number[] } | { filter: string; count: number };

/** What a dry run found: how many would be accepted, and why others would not. */
function Forecast({ forecast }: { forecast: Schemas["Forecast"] }) {
  const texts = useTexts();
  const format = useFormat();
  const { accepted_count: accepted, total_count: total } = forecast;
  return (
    <Alert
      type={accepted === total ? "success" : accepted > 0 ? "warning" : "error"}
      showIcon
      data-testid="forecast"
      title={texts.actions.foreseen(format.number(accepted), format.number(total))}
      description={
        <>
          {forecast.refusals.map((refused) => (
            <div key={refused.error_code}>
              {format.number(refused.count)} × {refused.error_msg}
            </div>
          ))}
          {forecast.reviewed && <div>{texts.actions.inReview}</div>}
        </>
      }
    />
  );
}

function Dialog({ action, many, placed, close }: { action: Action; many: Many; placed: (id: number) => void; close: () => void }) {
  const texts = useTexts();
  const format = useFormat();
  const [form] = Form.useForm<Values>();
  const [values, setValues] = useState<Values>({});
  const request = (dry_run: boolean, { quota, speed }: Values) =>
    ask(
      api.POST("/v1/work-orders", {
        params: { query: { dry_run } },
        body: {
          operation: operationOf(action.key) as "stop",
          quota,
          speed_value: speed,
          ...("ids" in many ? { sim_card_ids: many.ids } : { filter: many.filter }),
        },
      }),
    );
  const check = useMutation({ mutationFn: (values: Values) => request(true, values) });
  const place = useMutation({ mutationFn: () => request(false, values), onSuccess: ({ work_order_id }) => work_order_id && placed(work_order_id) });
  const figures = action.needs.some((need) => need === "quota" || need === "speed");
  const { mutate } = check;
  // Without a figure to wait for, what it would come to is asked at once.
  useEffect(() => {
    if (!figures) mutate({});
  }, [figures, mutate]);
  const forecast = check.data?.forecast;
  const count = format.number("ids" in many ? many.ids.length : many.count);
  return (
    <Modal
      open
      title={texts.actions.confirmMany(action.title(texts), count)}
      okText={forecast ? texts.actions.go : texts.actions.check}
      okButtonProps={{ danger: action.danger && !!forecast, loading: place.isPending || check.isPending, disabled: forecast?.accepted_count === 0 }}
      cancelText={texts.common.cancel}
      onCancel={close}
      onOk={() => (forecast ? place.mutate() : form.submit())}
    >
      <Typography.Paragraph>{texts.actions.what[action.key]}</Typography.Paragraph>
      <Form<Values>
        form={form}
        layout="vertical"
        onValuesChange={() => check.reset()}
        onFinish={(values) => {
          setValues(values);
          check.mutate(values);
        }}
      >
        <Fields action={action} many />
      </Form>
      {check.isPending && <Spin />}
      {forecast && <Forecast forecast={forecast} />}
      {check.isError && <Failure error={check.error} />}
      {place.isError && <Failure error={place.error} />}
    </Modal>
  );
}

export function BulkActions({ many }: { many: Many }) {
  const texts = useTexts();
  const format = useFormat();
  const client = useQueryClient();
  const [action, setAction] = useState<Action | null>(null);
  const [dialog, setDialog] = useState<"tags" | "attributes" | null>(null);
  const [order, setOrder] = useState<number | null>(null);
  const ids = "ids" in many ? many.ids : null;
  return (
    <>
      <Dropdown trigger={["click"]} menu={{ items: ACTIONS.map((one) => ({ key: one.key, label: one.title(texts), danger: one.danger, onClick: () => setAction(one) })) }}>
        <Button size="small">
          {ids ? texts.common.actions : texts.actions.allMatching(format.number("count" in many ? many.count : 0))} <DownOutlined />
        </Button>
      </Dropdown>
      {ids && (
        <>
          <Button size="small" onClick={() => setDialog("tags")}>
            {texts.actions.tags}
          </Button>
          <Button size="small" onClick={() => setDialog("attributes")}>
            {texts.actions.attributes}
          </Button>
        </>
      )}
      {action && (
        <Dialog
          action={action}
          many={many}
          close={() => setAction(null)}
          placed={(id) => {
            setAction(null);
            setOrder(id);
            void client.invalidateQueries({ queryKey: ["orders"] });
          }}
        />
      )}
      {ids && dialog === "tags" && <TagsDialog cards={ids} close={() => setDialog(null)} />}
      {ids && dialog === "attributes" && <AttributesDialog cards={ids} close={() => setDialog(null)} />}
      <OrderProgress id={order} close={() => setOrder(null)} />
    </>
  );
}
