// The links to carriers: whom they serve, whether calls pass, what waits for them.
import { useQuery } from "@tanstack/react-query";
import { Table } from "antd";
import { api, ask, type Answer } from "../api/client";
import { useTexts, word } from "../i18n";
import { useFormat } from "../lib/format";
import { Failure, Page } from "../parts/Frame";
import { Status } from "../parts/Status";

type Carrier = Answer<"ListCarriers">["carriers"][number];
const TONES = { closed: "green", half_open: "amber", open: "red" } as const;

export default function Carriers() {
  const texts = useTexts();
  const format = useFormat();
  const carriers = useQuery({ queryKey: ["carriers"], queryFn: async () => (await ask(api.GET("/ops/v1/carriers"))).carriers, refetchInterval: 5_000 });
  return (
    <Page title={texts.carriers.title}>
      {carriers.isError && <Failure error={carriers.error} retry={() => void carriers.refetch()} />}
      <Table<Carrier>
        size="medium"
        aria-label={texts.carriers.title}
        rowKey="name"
        loading={carriers.isPending}
        dataSource={carriers.data}
        pagination={false}
        columns={[
          { title: texts.common.name, dataIndex: "name" },
          { title: texts.carriers.serves, dataIndex: "carrier_types", render: (types: number[]) => types.map((type) => word(texts.carrier, type)).join(", ") || texts.carriers.others },
          { title: texts.plans.kind, dataIndex: "simulated", render: (simulated: boolean) => (simulated ? texts.carriers.simulated : texts.carriers.gateway) },
          { title: texts.carriers.breaker, dataIndex: "breaker", render: (breaker: string) => <Status tone={TONES[breaker as keyof typeof TONES] ?? "grey"} text={word(texts.carriers.breakers, breaker)} /> },
          { title: texts.carriers.failures, dataIndex: "failures", align: "end", className: "number", render: format.number },
          { title: texts.carriers.probe, dataIndex: "probe_time", className: "number", render: format.moment },
          { title: texts.carriers.underWay, dataIndex: "calls_under_way", align: "end", className: "number", render: format.number },
          {
            title: texts.carriers.jobs,
            dataIndex: "jobs",
            className: "number",
            render: (jobs: Carrier["jobs"]) => {
              const sum = (of: (job: Carrier["jobs"][number]) => number) => format.number(jobs.reduce((total, job) => total + of(job), 0));
              return `${sum((job) => job.queued)} / ${sum((job) => job.running)} / ${sum((job) => job.parked)}`;
            },
          },
        ]}
      />
    </Page>
  );
}
