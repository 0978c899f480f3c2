// Jobs that failed too often: tried again, or given up.
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Popconfirm, Space, Table } from "antd";
import { api, ask, type Answer } from "../api/client";
import { useTexts } from "../i18n";
import { useFormat } from "../lib/format";
import { Failure, Page, useSayFailure } from "../parts/Frame";

type Job = Answer<"ListParkedJobs">["jobs"][number];

export default function ParkedJobs() {
  const texts = useTexts();
  const format = useFormat();
  const client = useQueryClient();
  const say = useSayFailure();
  const { message } = App.useApp();
  const jobs = useQuery({
    queryKey: ["parked jobs"],
    queryFn: async () => (await ask(api.GET("/ops/v1/parked-jobs", { params: { query: { limit: 500 } } }))).jobs,
    refetchInterval: 10_000,
  });
  const decide = useMutation({
    mutationFn: ({ job_id, verb }: { job_id: number; verb: "resume" | "discard" }) => ask(api.POST(`/ops/v1/parked-jobs/{job_id}/${verb}`, { params: { path: { job_id } } })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["parked jobs"] });
      void message.success(texts.parked.done);
    },
    onError: say,
  });
  return (
    <Page title={texts.parked.title}>
      <Alert type="info" title={texts.parked.note} style={{ marginBottom: 12 }} />
      {jobs.isError && <Failure error={jobs.error} retry={() => void jobs.refetch()} />}
      <Table<Job>
        size="medium"
        aria-label={texts.parked.title}
        rowKey="job_id"
        loading={jobs.isPending}
        dataSource={jobs.data}
        pagination={{ pageSize: 20, showSizeChanger: false, hideOnSinglePage: true }}
        scroll={{ x: "max-content" }}
        columns={[
          { title: texts.parked.job, dataIndex: "job_id", className: "code" },
          { title: texts.parked.kind, dataIndex: "kind" },
          { title: texts.parked.about, dataIndex: "payload", className: "code" },
          { title: texts.parked.attempts, dataIndex: "attempts", align: "end", className: "number" },
          { title: texts.orders.reason, dataIndex: "reason", render: (reason: string | null) => reason ?? "—" },
          { title: texts.common.created, dataIndex: "create_time", className: "number", render: format.moment },
          {
            title: texts.common.actions,
            key: "actions",
            render: (_, { job_id }) => (
              <Space>
                <Button size="small" onClick={() => decide.mutate({ job_id, verb: "resume" })}>
                  {texts.parked.resume}
                </Button>
                <Popconfirm title={texts.parked.discardAsk} description={texts.parked.discardWhat} okText={texts.parked.discard} cancelText={texts.common.cancel} onConfirm={() => decide.mutate({ job_id, verb: "discard" })}>
                  <Button size="small" danger type="text">
                    {texts.parked.discard}
                  </Button>
                </Popconfirm>
              </Space>
            ),
          },
        ]}
      />
    </Page>
  );
}
