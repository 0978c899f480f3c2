// What becomes of a work order, live, from its placing to its end.
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Modal, Space, theme, Typography } from "antd";
import { useEffect } from "react";
import { Link } from "react-router-dom";
import { api, ask, type Schemas } from "../api/client";
import { useTexts, word } from "../i18n";
import { useDark } from "../lib/dark";
import { useFormat } from "../lib/format";
import { palette } from "../theme";
import { Failure } from "./Frame";
import { OrderStatus } from "./Status";

/** Whether an order has come to its end. */
export const hasEnded = (status: number) => status >= 4;

export function useOrder(id: number | null) {
  return useQuery({
    queryKey: ["order", id],
    enabled: id !== null,
    queryFn: async () => {
      const found = await ask(api.GET("/v1/work-orders", { params: { query: { main_search_key: String(id), limit: 10 } } }));
      return found.work_orders[0] ?? null;
    },
    refetchInterval: (query) => (query.state.data && hasEnded(query.state.data.status) ? false : 1_000),
  });
}

/** The counts of an order, as a bar and in words. */
export function Counts({ order }: { order: Schemas["WorkOrderVo"] }) {
  const texts = useTexts();
  const format = useFormat();
  const { token } = theme.useToken();
  const colours = palette[useDark().dark ? "dark" : "light"];
  const total = Math.max(1, order.total_count);
  const ended = order.success_count + order.fail_count;
  const part = (count: number, colour: string) => <span style={{ width: `${(count / total) * 100}%`, background: colour }} />;
  return (
    <span className="counts">
      <span
        className="meter"
        role="progressbar"
        aria-label={texts.actions.progress}
        aria-valuemin={0}
        aria-valuemax={total}
        aria-valuenow={ended}
        style={{ background: token.colorFillSecondary }}
      >
        {part(order.success_count, colours.green)}
        {part(order.fail_count, colours.red)}
      </span>
      <span className="number">
        {format.number(ended)}/{format.number(order.total_count)}
      </span>
    </span>
  );
}

export function OrderProgress({ id, close }: { id: number | null; close: () => void }) {
  const texts = useTexts();
  const format = useFormat();
  const client = useQueryClient();
  const { data: order, error } = useOrder(id);
  const ended = order ? hasEnded(order.status) : false;
  useEffect(() => {
    if (!ended) return;
    for (const key of ["cards", "card", "orders", "overview"]) void client.invalidateQueries({ queryKey: [key] });
  }, [ended, client]);
  return (
    <Modal
      open={id !== null}
      onCancel={close}
      onOk={close}
      okText={texts.common.close}
      cancelButtonProps={{ style: { display: "none" } }}
      title={id !== null && texts.actions.placed(String(id))}
    >
      {error && <Failure error={error} />}
      {order && (
        <Space orientation="vertical" size="middle" style={{ width: "100%" }} aria-live="polite">
          <Space>
            <span>{word(texts.orderType, order.work_order_type)}</span>
            <span data-testid="order-state" data-status={order.status}>
              <OrderStatus value={order.status} />
            </span>
          </Space>
          <Counts order={order} />
          <Typography.Text type="secondary">
            {ended
              ? texts.actions.ended(format.number(order.success_count), format.number(order.fail_count))
              : order.status === 1
                ? texts.actions.inReview
                : `${texts.actions.waiting} ${texts.actions.leave}`}
          </Typography.Text>
          {order.fail_reason && <Typography.Text>{order.fail_reason}</Typography.Text>}
          <Link to={`/orders/${order.id}`} onClick={close}>
            {texts.actions.toOrder}
          </Link>
        </Space>
      )}
    </Modal>
  );
}
