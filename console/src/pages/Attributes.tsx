// The six custom attributes of the account's cards.
import { PlusOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, Button, Form, Input, Modal, Space, Table } from "antd";
import { useState } from "react";
import { api, ask, type Schemas } from "../api/client";
import { useMayWrite } from "../api/session";
import { useLanguage } from "../i18n";
import { useAttributes } from "../lib/fleet";
import { useFormat } from "../lib/format";
import { Failure, Page, useSayFailure } from "../parts/Frame";
import { Status } from "../parts/Status";

type Attribute = Schemas["CmAttributeVO"];
const FIELDS = 6;

function Naming({ attribute, close }: { attribute: Attribute | null; close: () => void }) {
  const { texts } = useLanguage();
  const client = useQueryClient();
  const [form] = Form.useForm<{ cust_attr_name: string }>();
  const name = useMutation({
    mutationFn: async (body: { cust_attr_name: string }): Promise<unknown> =>
      attribute ? ask(api.PUT("/v1/attributes/{attribute_id}", { params: { path: { attribute_id: attribute.id } }, body })) : ask(api.POST("/v1/attributes", { body })),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["attributes"] });
      close();
    },
  });
  return (
    <Modal open title={attribute ? texts.attributes.rename : texts.attributes.make} okText={texts.common.save} cancelText={texts.common.cancel} onCancel={close} onOk={() => form.submit()} okButtonProps={{ loading: name.isPending }}>
      <Form form={form} layout="vertical" initialValues={{ cust_attr_name: attribute?.cust_attr_name }} onFinish={(body) => name.mutate(body)}>
        <Form.Item name="cust_attr_name" label={texts.common.name} extra={texts.attributes.nameHelp} rules={[{ required: true, message: texts.signIn.needed }]}>
          <Input maxLength={32} autoFocus />
        </Form.Item>
      </Form>
      {name.isError && <Failure error={name.error} />}
    </Modal>
  );
}

export default function Attributes() {
  const { texts, language } = useLanguage();
  const format = useFormat();
  const mayWrite = useMayWrite();
  const client = useQueryClient();
  const say = useSayFailure();
  const attributes = useAttributes();
  const [naming, setNaming] = useState<{ attribute: Attribute | null } | null>(null);
  const turn = useMutation({
    mutationFn: ({ id, status }: Attribute) => {
      const params = { path: { attribute_id: id } };
      return ask(status === 1 ? api.POST("/v1/attributes/{attribute_id}/disable", { params }) : api.POST("/v1/attributes/{attribute_id}/enable", { params }));
    },
    onSuccess: () => void client.invalidateQueries({ queryKey: ["attributes"] }),
    onError: say,
  });
  return (
    <Page
      title={texts.attributes.title}
      extra={
        mayWrite && (
          <Button type="primary" icon={<PlusOutlined />} disabled={(attributes.data?.length ?? FIELDS) >= FIELDS} onClick={() => setNaming({ attribute: null })}>
            {texts.attributes.make}
          </Button>
        )
      }
    >
      <Alert type="info" title={texts.attributes.note} style={{ marginBottom: 12 }} />
      {attributes.isError && <Failure error={attributes.error} />}
      <Table<Attribute>
        size="medium"
        aria-label={texts.attributes.title}
        rowKey="id"
        loading={attributes.isPending}
        dataSource={attributes.data}
        pagination={false}
        scroll={{ x: "max-content" }}
        columns={[
          { title: texts.attributes.slot, key: "slot", render: (_, one) => (language === "zh" ? one.default_attr_name_cn : one.default_attr_name_en) },
          { title: texts.common.name, dataIndex: "cust_attr_name" },
          { title: texts.common.status, dataIndex: "status", render: (status: number) => <Status tone={status === 1 ? "green" : "grey"} text={status === 1 ? texts.attributes.enabled : texts.attributes.disabled} /> },
          { title: texts.common.created, dataIndex: "create_time", className: "number", render: format.moment },
          ...(mayWrite
            ? [
                {
                  title: texts.common.actions,
                  key: "actions",
                  render: (_: unknown, one: Attribute) => (
                    <Space>
                      <Button size="small" onClick={() => setNaming({ attribute: one })}>
                        {texts.attributes.rename}
                      </Button>
                      <Button size="small" onClick={() => turn.mutate(one)}>
                        {one.status === 1 ? texts.common.disable : texts.common.enable}
                      </Button>
                    </Space>
                  ),
                },
              ]
            : []),
        ]}
      />
      {naming && <Naming attribute={naming.attribute} close={() => setNaming(null)} />}
    </Page>
  );
}
