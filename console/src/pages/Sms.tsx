// Text messages to cards, and what became of them.
import { SendOutlined } from "@ant-design/icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Alert, App, Button, Form, Input, Modal } from "antd";
import { useState } from "react";
import { Link } from "react-router-dom";
import { api, ask, type Schemas } from "../api/client";
import { useMayWrite } from "../api/session";
import { useTexts } from "../i18n";
import { useAddress } from "../lib/address";
import { useFormat } from "../lib/format";
import { Failure, Page } from "../parts/Frame";
import { PagedTable } from "../parts/PagedTable";
import { Search } from "../parts/Search";
import { SmsStatus } from "../parts/Status";

interface Draft {
  cids?: string;
  list?: string;
  content: string;
}

function Sending({ list, close }: { list: string | undefined; close: () => void }) {
  const texts = useTexts();
  const client = useQueryClient();
  const { message } = App.useApp();
  const [form] = Form.useForm<Draft>();
  const send = useMutation({
    mutationFn: ({ cids, list, content }: Draft) => {
      const named = cids?.split(/[\s,;]+/).filter(Boolean) ?? [];
      return ask(api.POST("/v1/sms-send-infos", { body: { sms_content: content, cids: named.length ? named : undefined, file_temp_id: list ? Number(list) : undefined } }));
    },
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ["sms"] });
      void message.success(texts.sms.accepted);
      close();
    },
  });
  return (
    <Modal open title={texts.sms.send} okText={texts.sms.send} cancelText={texts.common.cancel} onCancel={close} onOk={() => form.submit()} okButtonProps={{ loading: send.isPending }}>
      <Form<Draft> form={form} layout="vertical" initialValues={{ list }} onFinish={(draft) => send.mutate(draft)}>
        <Form.Item
          name="cids"
          label={texts.sms.to}
          extra={texts.sms.cidsHelp}
          dependencies={["list"]}
          rules={[{ validator: (_, value?: string) => (value?.trim() || form.getFieldValue("list") ? Promise.resolve() : Promise.reject(new Error(texts.sms.needs))) }]}
        >
          <Input.TextArea rows={3} />
        </Form.Item>
        <Form.Item name="list" label={texts.sms.list} extra={texts.sms.listHelp}>
          <Input inputMode="numeric" />
        </Form.Item>
        <Form.Item name="content" label={texts.sms.content} rules={[{ required: true, message: texts.signIn.needed }]}>
          <Input.TextArea rows={3} maxLength={1000} showCount />
        </Form.Item>
      </Form>
      {send.isError && <Failure error={send.error} />}
    </Modal>
  );
}

export default function Sms() {
  const texts = useTexts();
  const format = useFormat();
  const address = useAddress();
  const mayWrite = useMayWrite();
  const list = address.text("list");
  const [sending, setSending] = useState(list !== undefined && mayWrite);
  const cid = address.text("cid");
  return (
    <Page
      title={texts.sms.title}
      extra={
        mayWrite && (
          <Button type="primary" icon={<SendOutlined />} onClick={() => setSending(true)}>
            {texts.sms.send}
          </Button>
        )
      }
    >
      <Alert type="info" title={texts.sms.note} style={{ marginBottom: 12 }} />
      <div className="bar">
        <Search label={texts.sms.cid} value={cid} onSearch={(value) => address.set({ cid: value })} />
      </div>
      <PagedTable<Schemas["SmsSendDetailQueryVo"]>
        label={texts.sms.title}
        of={["sms", cid]}
        address={address}
        rowKey={(message) => `${message.cid} ${message.sent_time} ${message.sms_content}`}
        again={(found) => (found?.rows.some((message) => message.sms_status === 1) ? 3_000 : false)}
        load={async (page) => {
          const found = await ask(api.GET("/v1/sms-send-infos/details", { params: { query: { cid, ...page } } }));
          return { count: found.count, rows: found.sms_details };
        }}
        columns={[
          { title: texts.sms.cid, dataIndex: "cid", render: (value: string) => <Link className="code" to={`/cards?find=${encodeURIComponent(value)}`}>{value}</Link> },
          { title: texts.cards.msisdn, dataIndex: "msisdn", className: "code", render: (value: string | null) => value ?? "—" },
          { title: texts.sms.content, dataIndex: "sms_content", ellipsis: true, width: 360 },
          { title: texts.common.status, dataIndex: "sms_status", render: (status: number) => <SmsStatus value={status} /> },
          { title: texts.sms.sent, dataIndex: "sent_time", className: "number", render: format.moment },
          { title: texts.sms.received, dataIndex: "received_time", className: "number", render: format.moment },
        ]}
      />
      {sending && (
        <Sending
          list={list}
          close={() => {
            setSending(false);
            address.set({ list: undefined });
          }}
        />
      )}
    </Page>
  );
}
