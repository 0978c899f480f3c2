// The sandbox's panel: the clock, settling, and the knobs of the simulated carriers.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Card as Panel, Form, InputNumber, Space, Switch, Typography } from "antd";
import { api, ask, type Schemas } from "../api/client";
import { useTexts } from "../i18n";
import { useFormat } from "../lib/format";
import { Failure, Page, useSayFailure } from "../parts/Frame";
import { Status } from "../parts/Status";

const MINUTE_S = 60;
const STEPS = { minute5: 5 * MINUTE_S, minute31: 31 * MINUTE_S, hour: 60 * MINUTE_S, day: 24 * 60 * MINUTE_S, month: 31 * 24 * 60 * MINUTE_S } as const;

function Clock() {
  const texts = useTexts();
  const format = useFormat();
  const client = useQueryClient();
  const say = useSayFailure();
  const { message } = App.useApp();
  const clock = useQuery({ queryKey: ["sandbox", "clock"], queryFn: () => ask(api.GET("/ops/v1/sandbox/clock")), refetchInterval: 5_000 });
  const advance = useMutation({
    mutationFn: (advance_seconds: number) => ask(api.POST("/ops/v1/sandbox/clock", { body: { advance_seconds } })),
    onSuccess: (moved) => {
      void client.invalidateQueries();
      void message.success(texts.sandbox.moved(format.moment(moved.now)));
    },
    onError: say,
  });
  const settle = useMutation({
    mutationFn: () => ask(api.POST("/ops/v1/sandbox/settle")),
    onSuccess: (settled) => {
      void client.invalidateQueries();
      void message.success(texts.sandbox.settled(format.number(settled.jobs)));
    },
    onError: say,
  });
  const busy = advance.isPending || settle.isPending;
  return (
    <Panel title={texts.sandbox.clock} size="small">
      <div className="stack">
        {clock.isError && <Failure error={clock.error} />}
        <div className="line">
          <span>{texts.sandbox.now}</span>
          <strong className="number" data-testid="clock">
            {format.moment(clock.data?.now)}
          </strong>
        </div>
        <Space wrap>
          <span>{texts.sandbox.advance}</span>
          {(Object.keys(STEPS) as (keyof typeof STEPS)[]).map((step) => (
            <Button key={step} disabled={busy} onClick={() => advance.mutate(STEPS[step])}>
              {texts.sandbox.steps[step]}
            </Button>
          ))}
        </Space>
        <Typography.Text type="secondary">{texts.sandbox.clockNote}</Typography.Text>
        <Space wrap>
          <Button type="primary" loading={settle.isPending} disabled={busy} onClick={() => settle.mutate()}>
            {texts.sandbox.settle}
          </Button>
          <Typography.Text type="secondary">{texts.sandbox.settleNote}</Typography.Text>
        </Space>
      </div>
    </Panel>
  );
}

type Carrier = Schemas["SandboxCarrier"];
type Knobs = Pick<Carrier, "latency_ms" | "fail_rate" | "drop_rate" | "duplicate_rate" | "down">;

function Turning({ carrier }: { carrier: Carrier }) {
  const texts = useTexts();
  const client = useQueryClient();
  const say = useSayFailure();
  const { message } = App.useApp();
  const { name } = carrier;
  const turn = useMutation({
    mutationFn: (body: Knobs) => ask(api.PUT("/ops/v1/sandbox/carriers/{name}", { params: { path: { name } }, body })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["sandbox"] });
      void client.invalidateQueries({ queryKey: ["overview"] });
      void message.success(texts.sandbox.turned(name));
    },
    onError: say,
  });
  const rate = (field: keyof Knobs, label: string) => (
    <Form.Item name={field} label={label} style={{ marginBottom: 8 }}>
      <InputNumber min={0} max={1} step={0.1} style={{ width: 110 }} />
    </Form.Item>
  );
  return (
    <Panel size="small" title={name} extra={<Status tone={carrier.down ? "red" : "green"} text={carrier.down ? texts.overview.carrierState.down! : texts.overview.carrierState.healthy!} />}>
      <Form<Knobs> key={JSON.stringify(carrier)} name={name} layout="vertical" initialValues={carrier} onFinish={(knobs) => turn.mutate(knobs)}>
        <div className="line" style={{ alignItems: "flex-end" }}>
          <Form.Item name="latency_ms" label={texts.sandbox.latency} style={{ marginBottom: 8 }}>
            <InputNumber min={0} max={60_000} precision={0} style={{ width: 110 }} />
          </Form.Item>
          {rate("fail_rate", texts.sandbox.failRate)}
          {rate("drop_rate", texts.sandbox.dropRate)}
          {rate("duplicate_rate", texts.sandbox.duplicateRate)}
          <Form.Item name="down" label={texts.sandbox.down} valuePropName="checked" style={{ marginBottom: 8 }}>
            <Switch />
          </Form.Item>
          <Button htmlType="submit" loading={turn.isPending} style={{ marginBottom: 8 }}>
            {texts.common.apply}
          </Button>
        </div>
      </Form>
    </Panel>
  );
}

export default function Sandbox() {
  const texts = useTexts();
  const carriers = useQuery({ queryKey: ["sandbox", "carriers"], queryFn: () => ask(api.GET("/ops/v1/sandbox/carriers")) });
  return (
    <Page title={texts.sandbox.title}>
      <div className="stack">
        <Clock />
        <h2 style={{ margin: 0, fontSize: 16 }}>{texts.sandbox.carriers}</h2>
        <Alert type="info" title={texts.sandbox.carriersNote} />
        {carriers.isError && <Failure error={carriers.error} />}
        <div className="grid halves">
          {carriers.data?.carriers.map((carrier) => (
            <Turning key={carrier.name} carrier={carrier} />
          ))}
        </div>
      </div>
    </Page>
  );
}
