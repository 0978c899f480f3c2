// Access keys: what programs sign their requests with.
import { PlusOutlined } from "@ant-design/icons";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Descriptions, Form, Input, Modal, Popconfirm, Space, Table, Typography } from "antd";
import { useState } from "react";
import { api, ask, type Schemas } from "../api/client";
import { useMayWrite } from "../api/session";
import { useTexts } from "../i18n";
import { useFormat } from "../lib/format";
import { Failure, Page, useSayFailure } from "../parts/Frame";
import { Status } from "../parts/Status";

type Key = Schemas["Credential"];
const BASE = "/v3.0/OS-CREDENTIAL/credentials" as const;
const ONE = "/v3.0/OS-CREDENTIAL/credentials/{access_key}" as const;

function Secret({ made, close }: { made: Key & { secret: string }; close: () => void }) {
  const texts = useTexts();
  return (
    <Modal open title={texts.keys.made} onCancel={close} onOk={close} okText={texts.common.close} cancelButtonProps={{ style: { display: "none" } }}>
      <Alert type="warning" showIcon title={texts.keys.once} style={{ marginBottom: 12 }} />
      <Descriptions
        column={1}
        size="small"
        items={[
          { key: "id", label: texts.keys.id, children: <Typography.Text code copyable>{made.access}</Typography.Text> },
          { key: "secret", label: texts.keys.secret, children: <Typography.Text code copyable>{made.secret}</Typography.Text> },
        ]}
      />
    </Modal>
  );
}

function NewKey({ made, close }: { made: (key: Key & { secret: string }) => void; close: () => void }) {
  const texts = useTexts();
  const [form] = Form.useForm<{ description?: string }>();
  const make = useMutation({
    mutationFn: ({ description }: { description?: string }) => ask(api.POST(BASE, { body: { credential: { description } } })),
    onSuccess: ({ credential }) => made(credential),
  });
  return (
    <Modal open title={texts.keys.make} okText={texts.common.create} cancelText={texts.common.cancel} onCancel={close} onOk={() => form.submit()} okButtonProps={{ loading: make.isPending }}>
      <Form form={form} layout="vertical" onFinish={(fields) => make.mutate(fields)}>
        <Form.Item name="description" label={texts.keys.description}>
          <Input maxLength={255} autoFocus />
        </Form.Item>
      </Form>
      {make.isError && <Failure error={make.error} />}
    </Modal>
  );
}

export default function Keys() {
  const texts = useTexts();
  const format = useFormat();
  const mayWrite = useMayWrite();
  const client = useQueryClient();
  const say = useSayFailure();
  const { message } = App.useApp();
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<(Key & { secret: string }) | null>(null);
  const keys = useQuery({ queryKey: ["keys"], queryFn: async () => (await ask(api.GET(BASE))).credentials });
  const again = () => void client.invalidateQueries({ queryKey: ["keys"] });
  const turn = useMutation({
    mutationFn: (key: Key) => ask(api.PUT(ONE, { params: { path: { access_key: key.access } }, body: { credential: { status: key.status === "active" ? "inactive" : "active" } } })),
    onSuccess: again,
    onError: say,
  });
  const remove = useMutation({
    mutationFn: (access_key: string) => ask(api.DELETE(ONE, { params: { path: { access_key } } })),
    onSuccess: () => {
      again();
      void message.success(texts.keys.deleted);
    },
    onError: say,
  });
  return (
    <Page
      title={texts.keys.title}
      extra={
        mayWrite && (
          <Button type="primary" icon={<PlusOutlined />} onClick={() => setMaking(true)}>
            {texts.keys.make}
          </Button>
        )
      }
    >
      <Alert type="info" title={texts.keys.note} style={{ marginBottom: 12 }} />
      {keys.isError && <Failure error={keys.error} retry={() => void keys.refetch()} />}
      <Table<Key>
        size="medium"
        aria-label={texts.keys.title}
        rowKey="access"
        loading={keys.isPending}
        dataSource={keys.data}
        pagination={false}
        scroll={{ x: "max-content" }}
        columns={[
          { title: texts.keys.id, dataIndex: "access", className: "code" },
          { title: texts.keys.description, dataIndex: "description" },
          { title: texts.common.status, dataIndex: "status", render: (status: string) => <Status tone={status === "active" ? "green" : "grey"} text={status === "active" ? texts.keys.active : texts.keys.inactive} /> },
          { title: texts.common.created, dataIndex: "create_time", className: "number", render: format.moment },
          ...(mayWrite
            ? [
                {
                  title: texts.common.actions,
                  key: "actions",
                  render: (_: unknown, key: Key) => (
                    <Space>
                      <Button size="small" onClick={() => turn.mutate(key)}>
                        {key.status === "active" ? texts.common.disable : texts.common.enable}
                      </Button>
                      <Popconfirm title={texts.keys.deleteAsk(key.access)} description={texts.keys.deleteWhat} okText={texts.common.delete} cancelText={texts.common.cancel} onConfirm={() => remove.mutate(key.access)}>
                        <Button size="small" danger type="text">
                          {texts.common.delete}
                        </Button>
                      </Popconfirm>
                    </Space>
                  ),
                },
              ]
            : []),
        ]}
      />
      {making && (
        <NewKey
          close={() => setMaking(false)}
          made={(key) => {
            setMaking(false);
            setMade(key);
            again();
          }}
        />
      )}
      {made && <Secret made={made} close={() => setMade(null)} />}
    </Page>
  );
}
